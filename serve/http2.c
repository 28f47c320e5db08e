/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "serve/internal.h"
bool http2_is_here(void) { return false; }
bool http2_open(Connection *c) { return false; }
