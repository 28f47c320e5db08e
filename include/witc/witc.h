/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WITC_WITC_WITC_H
#define WITC_WITC_WITC_H

/*
 * libwitc: everything that the program witc does, as functions. `pkg-config --cflags --libs
 * --static witc` tells the compiler; then
 *
 *     #include <witc/witc.h>
 *
 *     Arena *arena = arena_new();
 *     Diags diags = {.arena = arena};
 *     WitModel *model = witc_read(arena, STR("wit"), &(WitcOptions){0}, &diags);
 *     if (!model) diag_print(stderr, &diags, false);
 *     arena_free(arena);
 *
 * What the tools make lives in the caller's arena; what runs (stores, threads) has _new and _free.
 */
#include "base/version.h"
#include "bindgen/bindgen.h"
#include "canonical-abi/abi.h"
#include "component/component.h"
#include "core/core.h"
#include "interpreter/interpreter.h"
#include "model/model.h"
#include "wasi/wasi.h"
#include "wat/wat.h"
#include "witc/document.h"
#include "witc/witc.h"

#endif
