/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

/* The version of the program and the library; the encoders write it into `producers` sections. */
#define WITC_VERSION "0.1.0"

#endif
