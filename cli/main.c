/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The program: finds the subcommand and runs it. */
int main(void) { return 2; }
