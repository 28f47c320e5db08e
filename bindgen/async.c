/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "bindgen/internal.h"
void gen_futures(Gen *g, const WitFunc *func) {}
void gen_async_helpers(Gen *g) {}
void gen_thread_helpers(Gen *g) {}
