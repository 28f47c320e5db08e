/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Stands in for the system's: a module without imports has none, and lua.c does without it. */
