/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Where code came from: DWARF in a module, or a source map where the input begins with `{`. Asks about
 * addresses all over the code section. */
#include <stdlib.h>

#include "base/file.h"
#include "core/sources.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { QUESTIONS = 50, MOST = 8 };

static void ask(CoreSources *sources, uint64_t address) {
    CoreSourceFrame frames[MOST];
    size_t n = core_sources_find_code(sources, address, frames, MOST);
    size_t sum = 0;
    if (n > MOST) abort();
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < frames[i].file.len; k++) sum += (uint8_t)frames[i].file.ptr[k];
        for (size_t k = 0; k < frames[i].func.len; k++) sum += (uint8_t)frames[i].func.ptr[k];
        if (frames[i].is_inlined && i + 1 == n) abort();
    }
    if (sum == SIZE_MAX) abort(); /* all bytes were read */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Str bytes = {(const char *)data, size};
    CoreModule *module = NULL;
    bool is_map = size && data[0] == '{';
    if (is_map) {
        module = core_module_new(arena);
    } else {
        Reader reader = reader_of(source_of(arena, STR("fuzz.wasm"), bytes), NULL);
        module = core_decode(arena, &reader, features_all());
    }
    if (module) {
        CoreSources *sources = core_sources_new(arena, module);
        if (is_map) core_sources_use_map(sources, bytes);
        uint64_t end = is_map ? 1000 : module->section_size[CORE_SECTION_CODE];
        for (uint64_t i = 0; i < QUESTIONS; i++) ask(sources, i * end / QUESTIONS);
        ask(sources, UINT64_MAX);
    }
    arena_free(arena);
    return 0;
}
