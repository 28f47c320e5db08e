/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Engines: the configuration that modules and stores share. An engine is counted: each module and
 * store holds one reference, so that it may be freed in any order.
 */
#include "base/version.h"
#include "embed/internal.h"

uint32_t witc_api_version(void) { return WITC_API_VERSION; }
const char *witc_library_version(void) { return WITC_VERSION; }

bool options_take(void *options, size_t known, const void *given) {
    size_t size = 0;
    if (!given) return true;
    memcpy(&size, given, sizeof size);
    if (size < sizeof size) return false;
    for (size_t i = known; i < size; i++)
        if (((const char *)given)[i]) return false;
    memcpy(options, given, size < known ? size : known);
    return true;
}

void usage_give(void *to, const void *usage, size_t known) {
    size_t size;
    memcpy(&size, to, sizeof size);
    if (size < sizeof size) return;
    memset(to, 0, size);
    memcpy(to, usage, size < known ? size : known);
    memcpy(to, &size, sizeof size);
}

/* All of its functions, or none. */
static bool take_allocator(const witc_allocator *given, Allocator *memory) {
    *memory = alloc_system;
    if (!given->allocate && !given->reallocate && !given->release) return true;
    *memory = (Allocator){given->context, given->allocate, given->reallocate, given->release};
    return given->allocate && given->reallocate && given->release;
}

witc_engine *witc_engine_new(const witc_config *given) {
    witc_config config = {.size = sizeof config};
    Allocator memory;
    if (!options_take(&config, sizeof config, given) || !take_allocator(&config.allocator, &memory))
        return NULL;
    Features features = features_default();
    Str unknown;
    if (config.features && !features_apply(&features, str_from(config.features), &unknown))
        return NULL;
    witc_engine *engine = alloc_new(&memory, 1, sizeof *engine);
    if (!engine) return NULL;
    atomic_init(&engine->references, 1);
    engine->features = features;
    engine->memory = memory;
    engine->validation = config.validation;
    engine->read_file = config.read_file;
    engine->read_context = config.read_context;
    uint32_t threads = config.validation_threads;
    engine->jobs = threads == UINT32_MAX ? 0
                   : threads             ? threads
                                         : 1; /* as core_check_bodies has it */
    return engine;
}

void engine_keep(witc_engine *engine) {
    atomic_fetch_add_explicit(&engine->references, 1, memory_order_relaxed);
}

void witc_engine_free(witc_engine *engine) {
    if (!engine) return;
    if (atomic_fetch_sub_explicit(&engine->references, 1, memory_order_acq_rel) != 1) return;
    Allocator memory = engine->memory;
    alloc_free(&memory, engine);
}

void *engine_new(witc_engine *engine, size_t size) { return alloc_new(&engine->memory, 1, size); }
void engine_release(witc_engine *engine, void *memory) { alloc_free(&engine->memory, memory); }
