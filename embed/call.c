/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Calls in both directions.
 *
 *     host ── witc_func_call ── slots ── vm_call ── guest ── call_raw ── witc_raw_fn
 *                                                      └──── call_boxed ── values ── witc_host_fn
 *
 * The raw forms pass slots through. The others check and convert each value, numbers right here; they use an
 * array on C's stack for as many values as functions have, and the allocator beyond.
 */
#include <stdarg.h>
#include <stdio.h>

#include "embed/internal.h"

enum { FEW = 16 }; /* values that need no allocation */

/* ---- values ---- */

/* Numbers of one slot: most values of most calls. */
static inline bool is_number(CoreValType type) { return type <= CORE_F64; }

/* value_to_slots and value_from_slots, which see to all other values. */
static inline bool put(const witc_store *store, const witc_value *value, CoreValType type,
                       VmSlot *slots) {
    if (!is_number(type)) return value_to_slots(store, value, type, slots);
    slots->u64 = type == CORE_I32 || type == CORE_F32 ? value->of.u32 : value->of.u64;
    return value->type == type;
}

static inline bool take(witc_store *store, CoreValType type, const VmSlot *slots,
                        witc_value *value) {
    if (!is_number(type)) return value_from_slots(store, type, slots, value);
    value->type = type;
    value->of.u64 = slots->u64;
    return true;
}

/* ---- host to guest ---- */

static const CoreType *type_of(const witc_store *store, const witc_func *func) {
    return vm_func_type(store->vm, vm_func_of(func));
}

witc_functype witc_func_type(const witc_store *store, const witc_func *func) {
    const CoreType *t = type_of(store, func);
    return (witc_functype){t->params, t->results, t->param_count, t->result_count};
}

/* One interruption ends one outermost call. */
witc_status call_ended(witc_store *store, VmStatus status) {
    if (status == VM_DONE) return WITC_DONE;
    if (status != VM_SUSPEND) forget_waiting(store); /* of one that could not suspend */
    witc_status s = store_ended(store, status);
    if (s == WITC_TRAP && store->failure.trap == WITC_TRAP_INTERRUPTED)
        vm_end_interruption(store->thread);
    return s;
}

static bool is_busy(const witc_store *store) { return store->suspended != NULL; }

static witc_status busy(witc_store *store) {
    return store_fail(store, WITC_REFUSED, "the store has a call that is suspended");
}

witc_status witc_func_call_raw(witc_store *store, witc_func *func, witc_slot *slots) {
    if (__builtin_expect(is_busy(store), 0)) return busy(store);
    VmStatus status = vm_call(store->thread, vm_func_of(func), vm_slots_of_raw(slots));
    if (__builtin_expect(status == VM_DONE, 1)) return WITC_DONE;
    if (status == VM_SUSPEND) store->suspended = func;
    return call_ended(store, status);
}

static witc_status no_memory(witc_store *store) {
    return store_fail(store, WITC_NO_MEMORY, "%s", trap_text(TRAP_NO_MEMORY));
}

/* Arguments to slots; gives how many are of their types, before the first that is not. */
static inline uint32_t put_all(const witc_store *store, const CoreType *type,
                               const witc_value *args, VmSlot *slots) {
    uint32_t i = 0;
    for (; i < type->param_count && put(store, &args[i], type->params[i], slots); i++)
        slots += witc_slots_of(type->params[i]);
    return i;
}

static inline bool take_all(witc_store *store, const CoreType *type, const VmSlot *slots,
                            witc_value *results) {
    for (uint32_t i = 0; i < type->result_count; i++) {
        if (!take(store, type->results[i], slots, &results[i])) {
            witc_values_free(results, i);
            return false;
        }
        slots += witc_slots_of(type->results[i]);
    }
    return true;
}

static inline witc_status take_results(witc_store *store, const CoreType *type, const VmSlot *slots,
                                       witc_value *results) {
    return take_all(store, type, slots, results) ? WITC_DONE : no_memory(store);
}

static witc_status wrong_argument(witc_store *store, CoreValType type, size_t i) {
    char want[40];
    witc_valtype_text(type, want, sizeof want);
    return store_fail(store, WITC_REFUSED, "argument %zu is not of the type %s", i + 1, want);
}

/* How many slots arguments and results share. */
static size_t room_for(const CoreType *type) {
    size_t params = 0, results = 0;
    for (uint32_t i = 0; i < type->param_count; i++) params += witc_slots_of(type->params[i]);
    for (uint32_t i = 0; i < type->result_count; i++) results += witc_slots_of(type->results[i]);
    return params > results ? params : results;
}

static void forget_slots(witc_store *store) {
    engine_release(store->engine, store->slots);
    store->slots = NULL;
    store->suspended = NULL;
}

/* The results of a suspended call come to slots that stay. */
static witc_status suspended(witc_store *store, witc_func *func, VmSlot *slots, size_t room,
                             witc_value *results) {
    if (!slots) slots = engine_new(store->engine, (room + 1) * sizeof *slots);
    store->suspended = func;
    store->slots = slots;
    store->results = results;
    if (slots) {
        vm_move_results(store->thread, slots);
        return WITC_SUSPENDED;
    }
    witc_store_abandon(store);
    return no_memory(store);
}

/* The call itself, by slots for which there is room. */
static inline witc_status call_by(witc_store *store, witc_func *func, const CoreType *type,
                                  const witc_value *args, VmSlot *slots, witc_value *results) {
    uint32_t good = put_all(store, type, args, slots);
    if (good < type->param_count) return wrong_argument(store, type->params[good], good);
    VmStatus status = vm_call(store->thread, vm_func_of(func), slots);
    if (__builtin_expect(status != VM_DONE, 0)) return call_ended(store, status);
    return take_results(store, type, slots, results);
}

static witc_status call_with_many(witc_store *store, witc_func *func, const CoreType *type,
                                  const witc_value *args, witc_value *results) {
    size_t room = room_for(type);
    VmSlot *slots = engine_new(store->engine, (room + 1) * sizeof *slots);
    if (!slots) return no_memory(store);
    witc_status status = call_by(store, func, type, args, slots, results);
    if (status == WITC_SUSPENDED) return suspended(store, func, slots, room, results);
    engine_release(store->engine, slots);
    return status;
}

static witc_status wrong_count(witc_store *store, const CoreType *type, size_t args,
                               size_t results) {
    if (!type) return store_fail(store, WITC_REFUSED, "the function belongs to another store");
    return store_fail(store, WITC_REFUSED,
                      "%zu arguments and %zu results for a function of %u and %u", args, results,
                      type->param_count, type->result_count);
}

witc_status witc_func_call(witc_store *store, witc_func *func, const witc_value *args,
                           size_t arg_count, witc_value *results, size_t result_count) {
    const CoreType *type = vm_func_type_in(store->vm, vm_func_of(func));
    if (is_busy(store)) return busy(store);
    if (!type || arg_count != type->param_count || result_count != type->result_count)
        return wrong_count(store, type, arg_count, result_count);
    if (arg_count + result_count > FEW) return call_with_many(store, func, type, args, results);
    VmSlot slots[FEW * 2];
    witc_status status = call_by(store, func, type, args, slots, results);
    if (__builtin_expect(status != WITC_SUSPENDED, 1)) return status;
    return suspended(store, func, NULL, FEW * 2, results);
}

/* The store is not busy meanwhile: host functions may call the guest. */
witc_status witc_store_resume(witc_store *store) {
    if (store->pending.func) return component_resume(store);
    if (!is_busy(store)) return store_fail(store, WITC_REFUSED, "no call is suspended");
    const witc_func *func = store->suspended;
    VmSlot *slots = store->slots;
    witc_value *results = store->results;
    store->suspended = NULL;
    store->slots = NULL;
    VmStatus status = vm_resume(store->thread);
    if (status == VM_SUSPEND) {
        store->suspended = func;
        store->slots = slots;
        store->results = results;
        return WITC_SUSPENDED;
    }
    witc_status s = call_ended(store, status);
    if (s == WITC_DONE && slots) s = take_results(store, type_of(store, func), slots, results);
    engine_release(store->engine, slots);
    return s;
}

/* Also that of a host function that could not suspend, for the host had called the guest. */
void forget_waiting(witc_store *store) {
    engine_release(store->engine, store->waiting);
    store->waiting = NULL;
}

void witc_store_abandon(witc_store *store) {
    if (!is_busy(store)) return;
    vm_abandon(store->thread);
    store->pending.func = NULL;
    forget_waiting(store);
    forget_slots(store);
}

/* ---- guest to host ---- */

/* What a host function has returned, for the interpreter. */
VmStatus status_of(VmThread *thread, witc_status status) {
    switch (status) {
    case WITC_DONE:
        if (vm_trapped(thread) != TRAP_NONE) vm_clear_trap(thread); /* it got over a trap */
        return VM_DONE;
    case WITC_TRAP:
        if (vm_trapped(thread) == TRAP_NONE)
            return vm_trap_text(thread, TRAP_HOST, "a host function says it has trapped");
        return VM_TRAP;
    case WITC_CALL:
        if (vm_will_call(thread)) return VM_CALL;
        return vm_trap_text(thread, TRAP_HOST, "a host function wants a call that it did not name");
    case WITC_SUSPENDED:
        if (store_of(thread)->waiting) return VM_SUSPEND;
        return vm_trap_text(thread, TRAP_HOST, "a host function does not say how it goes on");
    case WITC_EXIT: return VM_EXIT;
    case WITC_EXCEPTION:
        if (vm_trapped(thread) != TRAP_NONE) vm_clear_trap(thread);
        if (vm_uncaught(thread).u64) return VM_THROW;
        return vm_trap(thread, TRAP_UNCAUGHT_EXCEPTION);
    case WITC_REFUSED:
    case WITC_UNLINKABLE:
    case WITC_LIMIT: {
        witc_failure failure = witc_store_failure(store_of(thread));
        bool known = failure.status == status;
        vm_clear_trap(thread);
        return vm_trap_text(thread, TRAP_HOST, "the host refused the call: %s",
                            known ? failure.message.ptr : "no reason is given");
    }
    case WITC_NO_MEMORY: break;
    }
    vm_clear_trap(thread);
    if (status == WITC_NO_MEMORY) return vm_trap(thread, TRAP_NO_MEMORY);
    return vm_trap_text(thread, TRAP_HOST, "a host function returned no known status: %d", status);
}

static void narrow(const CoreType *type, VmSlot *slots) {
    for (uint32_t i = 0; i < type->result_count; i++) {
        if (type->results[i] == CORE_I32 || type->results[i] == CORE_F32)
            slots->u64 = (uint32_t)slots->u64;
        slots += witc_slots_of(type->results[i]);
    }
}

static VmStatus call_raw(VmThread *thread, void *context, VmSlot *slots) {
    const EmbedHost *host = context;
    witc_status status =
        host->raw((witc_caller *)thread, host->context, (witc_slot *)(void *)slots);
    if (__builtin_expect(status != WITC_DONE || vm_trapped(thread) != TRAP_NONE, 0))
        return status_of(thread, status);
    if (host->narrow) narrow(host->type, slots);
    return VM_DONE;
}

/* All results as they should be, and numbers: nothing else is left to do. */
static bool put_numbers(const CoreType *type, const witc_value *results, VmSlot *slots) {
    for (uint32_t i = 0; i < type->result_count; i++)
        if (!put(NULL, &results[i], type->results[i], &slots[i])) return false;
    return true;
}

/* The values' references go; then the status is what the interpreter gets. */
static VmStatus boxed_done(const EmbedHost *host, VmThread *thread, witc_status status,
                           witc_value *args, witc_value *results, VmSlot *slots) {
    const CoreType *type = host->type;
    if (host->numbers && status == WITC_DONE && vm_trapped(thread) == TRAP_NONE &&
        put_numbers(type, results, slots))
        return VM_DONE;
    VmStatus s = status_of(thread, status);
    VmSlot *to = slots;
    for (uint32_t i = 0; s == VM_DONE && i < type->result_count; i++) {
        if (!put(host->store, &results[i], type->results[i], to))
            s = vm_trap_text(thread, TRAP_HOST, "result %u of a host function is of another type",
                             i + 1);
        to += witc_slots_of(type->results[i]);
    }
    witc_values_free(args, type->param_count);
    witc_values_free(results, type->result_count);
    return s;
}

static VmStatus call_boxed(VmThread *thread, void *context, VmSlot *slots) {
    const EmbedHost *host = context;
    const CoreType *type = host->type;
    size_t count = (size_t)type->param_count + type->result_count;
    witc_value few[FEW], *args = few;
    if (count > FEW) args = engine_new(host->store->engine, count * sizeof *args);
    if (!args) return vm_trap(thread, TRAP_NO_MEMORY);
    witc_value *results = args + type->param_count;
    const VmSlot *from = slots;
    bool fits = true;
    for (uint32_t i = 0; i < type->param_count; i++) {
        fits = take(host->store, type->params[i], from, &args[i]) && fits;
        from += witc_slots_of(type->params[i]);
    }
    for (uint32_t i = 0; i < type->result_count; i++) {
        CoreValType t = type->results[i];
        results[i] =
            is_number(t) ? (witc_value){.type = t} : witc_default(top_of(host->store->vm, t));
    }
    VmStatus status;
    if (fits)
        status = boxed_done(host, thread,
                            host->boxed((witc_caller *)thread, host->context, args,
                                        type->param_count, results, type->result_count),
                            args, results, slots);
    else {
        witc_values_free(args, type->param_count);
        status = vm_trap(thread, TRAP_NO_MEMORY);
    }
    if (args != few) engine_release(host->store->engine, args);
    return status;
}

static void host_free(void *context) {
    EmbedHost *host = context;
    if (host->release) host->release(host->context);
    engine_release(host->store->engine, host);
}

static witc_func *host_new(witc_store *store, const witc_functype *type, EmbedHost made) {
    bool good = is_functype(store, type);
    EmbedHost *host = good ? engine_new(store->engine, sizeof *host) : NULL;
    VmFunc *func =
        host ? vm_host_func(store->vm, type->params, type->param_count, type->results,
                            type->result_count, made.raw ? call_raw : call_boxed, host, host_free)
             : NULL;
    if (!func) {
        engine_release(store->engine, host);
        if (made.release) made.release(made.context);
        if (good) no_memory(store);
        else store_fail(store, WITC_REFUSED, "this is no type of a function");
        return NULL;
    }
    *host = made;
    host->store = store;
    host->type = vm_func_type(store->vm, func);
    host->numbers = true;
    for (uint32_t i = 0; i < type->param_count; i++) host->numbers &= is_number(type->params[i]);
    for (uint32_t i = 0; i < type->result_count; i++) {
        host->numbers &= is_number(type->results[i]);
        host->narrow |= type->results[i] == CORE_I32 || type->results[i] == CORE_F32;
    }
    return (witc_func *)func;
}

witc_func *witc_func_new(witc_store *store, const witc_functype *type, witc_host_fn fn,
                         void *context, void (*release)(void *)) {
    return host_new(store, type, (EmbedHost){.boxed = fn, .context = context, .release = release});
}

witc_func *witc_func_new_raw(witc_store *store, const witc_functype *type, witc_raw_fn fn,
                             void *context, void (*release)(void *)) {
    return host_new(store, type, (EmbedHost){.raw = fn, .context = context, .release = release});
}

/* ---- what a host function can do ---- */

witc_store *witc_caller_store(const witc_caller *caller) { return store_of(vm_thread_of(caller)); }

witc_instance *witc_caller_instance(const witc_caller *caller) {
    return (witc_instance *)vm_calling_instance(vm_thread_of(caller));
}

uint8_t *witc_caller_memory(const witc_caller *caller, uint64_t *size) {
    return vm_calling_memory(vm_thread_of(caller), size);
}

witc_slot *witc_caller_slots(witc_caller *caller) {
    return (witc_slot *)(void *)vm_host_slots(vm_thread_of(caller));
}

witc_status witc_trap(witc_caller *caller, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    vm_clear_trap(vm_thread_of(caller));
    vm_trap_text(vm_thread_of(caller), TRAP_HOST, "%s", text);
    return WITC_TRAP;
}

witc_status witc_exit(witc_caller *caller, int status) {
    vm_exit(vm_thread_of(caller), status);
    return WITC_EXIT;
}

witc_status witc_throw_ref(witc_caller *caller, const witc_ref *exception) {
    if (!exception || exception->top != WITC_EXNREF)
        return store_fail(witc_caller_store(caller), WITC_REFUSED, "this is no exception");
    VmStatus status = vm_host_throw(vm_thread_of(caller), exception->slot);
    return status == VM_THROW ? WITC_EXCEPTION : WITC_TRAP;
}

witc_status witc_throw(witc_caller *caller, witc_tag *tag, const witc_value *values,
                       size_t value_count) {
    witc_ref *exception = witc_exception_new(witc_caller_store(caller), tag, values, value_count);
    if (!exception) return witc_caller_store(caller)->failure.status;
    witc_status status = witc_throw_ref(caller, exception);
    witc_ref_free(exception);
    return status;
}

/* ---- continuations ---- */

/* One of witc_then_call or witc_suspend: the interpreter's continuations have another type. */
typedef struct {
    witc_store *store;
    witc_raw_fn fn;
    void *context;
    void (*dropped)(void *);
} Then;

static VmStatus go_on(VmThread *thread, void *context, VmSlot *slots) {
    Then then = *(Then *)context;
    engine_release(then.store->engine, context);
    return status_of(thread,
                     then.fn((witc_caller *)thread, then.context, (witc_slot *)(void *)slots));
}

static VmStatus again_now(VmThread *thread, void *context, VmSlot *slots) {
    ((Then *)context)->store->waiting = NULL;
    return go_on(thread, context, slots);
}

static void drop(void *context) {
    Then then = *(Then *)context;
    engine_release(then.store->engine, context);
    if (then.dropped) then.dropped(then.context);
}

static Then *then_new(witc_caller *caller, witc_raw_fn fn, void *context, void (*dropped)(void *)) {
    witc_store *store = witc_caller_store(caller);
    Then *then = engine_new(store->engine, sizeof *then);
    if (then) *then = (Then){store, fn, context, dropped};
    else store_fail(store, WITC_NO_MEMORY, "%s", trap_text(TRAP_NO_MEMORY));
    return then;
}

witc_status witc_suspend(witc_caller *caller, witc_raw_fn again, void *context) {
    Then *then = then_new(caller, again, context, NULL);
    if (!then) return WITC_NO_MEMORY;
    forget_waiting(then->store);
    then->store->waiting = then;
    vm_suspend(vm_thread_of(caller), again_now, then);
    return WITC_SUSPENDED;
}

witc_status witc_then_call(witc_caller *caller, witc_func *func, const witc_slot *args,
                           witc_raw_fn fn, void *context, void (*dropped)(void *)) {
    Then *then = then_new(caller, fn, context, dropped);
    if (!then) {
        if (dropped) dropped(context);
        return WITC_NO_MEMORY;
    }
    const CoreType *type = type_of(then->store, func);
    uint32_t n = 0;
    for (uint32_t i = 0; i < type->param_count; i++) n += witc_slots_of(type->params[i]);
    VmStatus status = vm_then_call(vm_thread_of(caller), vm_func_of(func),
                                   (const VmSlot *)(const void *)args, n, go_on, then, drop);
    return (witc_status)status;
}
