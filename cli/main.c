/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The entry of the program. Everything else of it is also linked into the test of truncated inputs,
 * which has a main of its own. */
#include "cli/cli.h"

int main(int argc, char **argv) { return cli_main(argc, argv); }
