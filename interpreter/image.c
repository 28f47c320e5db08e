/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What all instances of a module have in common, laid out when the first of them is made:
 *
 *     - how many slots the functions of each type take and give;
 *     - where active segments begin, as far as their places are constants;
 *     - the first bytes of its memory 0, from the first page that a segment writes to the last. Where
 *       these are many they are a file in memory, which every instance maps over its own memory: pages
 *       are shared until someone writes to them. Few bytes are copied.
 *
 *         memory 0:   | zero ...  | image: copied on write | zero ...      |
 *                     0        image_from              image_to         size
 *
 * There is an image only where the segments can neither fail nor be seen half done: all of them are
 * for a memory of the instance's own, their places are constants, and they fit. Otherwise instance.c
 * copies them one by one, as the specification says.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "interpreter/internal.h"

enum {
    PAGE = 4096,
    MAPPED = 1 << 15,    /* bytes from which on an image is a file */
    LEAST_FULL = 4,      /* at least 1 / so much of an image is from segments */
    MOST_EMPTY = 1 << 16 /* ... or it has at most so many other bytes */
};

/* ---- constants ---- */

/* The value of an expression that is a single constant and its end. */
static bool constant(const CoreModule *core, const CoreExpr *expr, uint64_t *value) {
    Reader r = core_expr_reader(core, expr, NULL);
    CoreInstr i, end;
    if (!core_instr_next(&r, &i) || !core_instr_next(&r, &end) || end.op != CORE_OP_END)
        return false;
    *value = i.op == CORE_OP_I32_CONST ? (uint32_t)i.i64 : (uint64_t)i.i64;
    return i.op == CORE_OP_I32_CONST || i.op == CORE_OP_I64_CONST;
}

/* ---- types of functions ---- */

static bool lay_out_shapes(VmModule *module) {
    const CoreModule *core = module->core;
    size_t n = core->types.len;
    VmShape *shapes = alloc_new(&module->memory, n, sizeof *shapes);
    for (size_t i = 0; shapes && i < n; i++) {
        const CoreType *type = &core->types.at[i];
        shapes[i] =
            (VmShape){.param_slots = (uint16_t)vm_slots_of_all(type->params, type->param_count),
                      .result_slots = (uint16_t)vm_slots_of_all(type->results, type->result_count)};
    }
    module->shapes = shapes;
    return shapes != NULL;
}

/* ---- the memory ---- */

static bool data_place(const CoreModule *core, const CoreData *data, uint64_t *at) {
    CoreExpr start = core_data_start(data);
    return constant(core, &start, at);
}

/* What the active segments write; false where there can be no image. */
static bool find_extent(const VmModule *module, uint64_t *from, uint64_t *to, uint64_t *bytes) {
    const CoreModule *core = module->core;
    if (core->imported[CORE_MEMORY] || core->memories.len == 0 ||
        core->memories.at[0].limits.shared)
        return false;
    const CoreLimits *limits = &core->memories.at[0].limits;
    uint64_t room = limits->min > UINT32_MAX ? 0 : limits->min << limits->page_log2, at;
    *from = UINT64_MAX, *to = *bytes = 0;
    for (size_t i = 0; i < core->datas.len; i++) {
        const CoreData *data = &core->datas.at[i];
        if (!core_data_active(data)) continue;
        if (data->memory != 0 || !data_place(core, data, &at)) return false;
        if (at > room || data->size > room - at) return false;
        if (data->size == 0) continue;
        if (at < *from) *from = at;
        if (at + data->size > *to) *to = at + data->size;
        *bytes += data->size;
    }
    uint64_t span = *to - *from;
    return *bytes && (span / LEAST_FULL <= *bytes || span - *bytes <= MOST_EMPTY);
}

static void write_segments(const CoreModule *core, uint8_t *image, uint64_t from) {
    uint64_t at = 0;
    for (size_t i = 0; i < core->datas.len; i++) {
        const CoreData *data = &core->datas.at[i];
        if (core_data_active(data) && data->size && data_place(core, data, &at))
            memcpy(image + (at - from), data->bytes, data->size);
    }
}

/* The image as a file that only this process has; NULL where there can be none. */
static uint8_t *map_file(VmModule *module, size_t size) {
    int fd = memfd_create("witc-memory", MFD_CLOEXEC);
    if (fd < 0) return NULL;
    void *p = ftruncate(fd, (off_t)size) == 0
                  ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                  : MAP_FAILED;
    if (p == MAP_FAILED) {
        close(fd);
        return NULL;
    }
    module->image_fd = fd;
    return p;
}

static bool lay_out_memory(VmModule *module) {
    uint64_t from, to, bytes;
    if (!find_extent(module, &from, &to, &bytes)) return true;
    if (bytes >= MAPPED) {
        uint64_t size = module->core->memories.at[0].limits.min
                        << module->core->memories.at[0].limits.page_log2;
        from &= ~(uint64_t)(PAGE - 1);
        to = (to + PAGE - 1) & ~(uint64_t)(PAGE - 1);
        if (to > size) return true; /* pages of a size of its own */
        uint8_t *image = map_file(module, to - from);
        if (image) {
            write_segments(module->core, image, from);
            munmap(image, to - from);
        }
    }
    if (module->image_fd < 0) {
        module->image = alloc_new(&module->memory, 1, to - from);
        if (!module->image) return false;
        write_segments(module->core, module->image, from);
    }
    module->image_from = from;
    module->image_to = to;
    return true;
}

bool vm_module_lay_out(VmModule *module) {
    if (module->shapes) return true;
    if (!lay_out_shapes(module)) return false;
    if (lay_out_memory(module)) return true;
    alloc_free(&module->memory, module->shapes); /* the next instance tries again */
    module->shapes = NULL;
    return false;
}

bool vm_image_put(const VmModule *module, VmMemory *m) {
    uint64_t from = module->image_from, n = module->image_to - from;
    if (from == module->image_to) return false;
    if (module->image) {
        memcpy(m->bytes + from, module->image, n);
        return true;
    }
    return m->stays &&
           mmap(m->bytes + from, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
                module->image_fd, 0) != MAP_FAILED;
}

void vm_module_free(VmModule *module) {
    Allocator own_memory = module->memory, *memory = &own_memory;
    uint32_t own = (uint32_t)module->core->funcs.len - module->core->imported[CORE_FUNC];
    for (uint32_t i = 0; i < own; i++)
        if (module->codes[i]) {
            alloc_free(memory, module->codes[i]->words);
            alloc_free(memory, module->codes[i]->places);
            alloc_free(memory, module->codes[i]->catches);
            vm_ref_map_free(memory, &module->codes[i]->refs);
            alloc_free(memory, module->codes[i]);
        }
    alloc_free(memory, module->codes);
    alloc_free(memory, module->exports);
    alloc_free(memory, module->shapes);
    alloc_free(memory, module->image);
    if (module->image_fd >= 0) close(module->image_fd);
    alloc_free(memory, module);
}
