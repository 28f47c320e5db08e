/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Asynchronous functions, streams and futures in the native style.
 *
 * A task is a call of an asynchronous export. It begins with its arena, in whose first block it lies
 * itself, and is the current one while its code runs. What it waits for are nodes: a subtask, or a
 * read or write of a stream or future, each with the function that is to be called. When the code
 * returns to the runtime, nodes that are ready are run; then the task waits for the others, or ends.
 *
 *     export   P_f__core ── P_f_start ── wit__run ─┬─ wait: P_f__callback ── wit__event ── wit__run
 *                               └ P_f_return       └─ exit
 *
 * Results and payloads can be written into this component's memory at any time, for any task, so
 * memory for them does not come from an arena. It is a loose block, until the code that has
 * asked for it finds it in the value (`wit__keep`) and puts it into its own arena. So are arguments
 * of exports, which are written before the export begins. Whenever nothing of the component runs,
 * because it waits, there is no current arena. Both reallocs of the world are exported under their
 * own names, so that they come before the `cabi_realloc` of another, synchronous world.
 */
#include "bindgen/internal.h"

/* ---- in the header ---- */

static const char header[] =
    "\n#ifndef WIT_ASYNC\n"
    "#define WIT_ASYNC\n"
    "typedef enum wit_subtask_state {\n"
    "  WIT_SUBTASK_STARTING,\n"
    "  WIT_SUBTASK_STARTED,\n"
    "  WIT_SUBTASK_RETURNED,\n"
    "  WIT_SUBTASK_CANCELLED_BEFORE_STARTED,\n"
    "  WIT_SUBTASK_CANCELLED_BEFORE_RETURNED\n"
    "} wit_subtask_state;\n"
    "\n"
    "/** A call that goes on. */\n"
    "typedef struct wit_subtask {\n  uint32_t status;\n} wit_subtask;\n"
    "/** How far it was when it began. */\n"
    "static inline wit_subtask_state wit_subtask_at_first(wit_subtask self) {\n"
    "  return (wit_subtask_state) (self.status & 15);\n"
    "}\n"
    "\n"
    "typedef void wit_subtask_callback(void *data, wit_subtask_state state);\n"
    "/** Calls a function once the subtask has returned or is cancelled. */\n"
    "void wit_subtask_then(wit_subtask subtask, wit_subtask_callback *then, void *data);\n"
    "/** Waits for that. */\n"
    "wit_subtask_state wit_subtask_wait(wit_subtask subtask);\n"
    "/** Asks for its end, and waits for it: it may still return. */\n"
    "wit_subtask_state wit_subtask_cancel(wit_subtask subtask);\n"
    "\n"
    "typedef enum wit_copied_state {\n"
    "  WIT_COPIED_COMPLETED,\n"
    "  WIT_COPIED_DROPPED, /* the other end has been dropped: there will be no more */\n"
    "  WIT_COPIED_CANCELLED\n"
    "} wit_copied_state;\n"
    "\n"
    "/** What came of a read or write; `count` is that of a stream's elements. */\n"
    "typedef struct wit_copied {\n  size_t count;\n  wit_copied_state state;\n} wit_copied;\n"
    "typedef void wit_copied_callback(void *data, wit_copied copied);\n"
    "\n"
    "/** Calls a function after other tasks had their turn. */\n"
    "void wit_yield(void (*then)(void *data), void *data);\n"
    "/** Calls a function if the caller asks for the end of the current call. It may answer by\n"
    " * wit_task_cancel; else the call goes on and returns as ever. */\n"
    "void wit_task_on_cancel(void (*then)(void *data), void *data);\n"
    "/** Ends the call without a result. */\n"
    "void wit_task_cancel(void);\n"
    "#endif\n";

void nat_put_async_common(Buf *out) { buf_str(out, str_from(header)); }

/* ---- the runtime ---- */

/* clang-format off */
#define BUILTIN(module, name) "WIT_IMPORT(\"" module "\", \"" name "\")\n"

static const char builtins[] =
    "\n"
    BUILTIN("$root", "[waitable-set-new]") "extern int32_t wit__set_new(void);\n"
    BUILTIN("$root", "[waitable-set-wait]") "extern int32_t wit__set_wait(int32_t, int32_t *);\n"
    BUILTIN("$root", "[waitable-set-drop]") "extern void wit__set_drop(int32_t);\n"
    BUILTIN("$root", "[waitable-join]") "extern void wit__join(int32_t, int32_t);\n"
    BUILTIN("$root", "[subtask-drop]") "extern void wit__subtask_drop(int32_t);\n"
    BUILTIN("$root", "[subtask-cancel]") "extern int32_t wit__subtask_cancel(int32_t);\n"
    BUILTIN("$root", "[context-get-0]") "extern void *wit__context_get(void);\n"
    BUILTIN("$root", "[context-set-0]") "extern void wit__context_set(void *);\n"
    BUILTIN("[export]$root", "[task-cancel]") "extern void wit__task_cancel(void);\n";
/* clang-format on */

static const char memory[] =
    "\n// While this component waits, there is no current arena.\n"
    "#define WIT__WAIT(call) \\\n"
    "  do { \\\n"
    "    wit__arena *here_ = wit__current; \\\n"
    "    wit__current = NULL; \\\n"
    "    call; \\\n"
    "    wit__current = here_; \\\n"
    "  } while (0)\n"
    "\n"
    "// Loose blocks are of one allocation each, doubly linked by `next` and `end`.\n"
    "WIT_SHARED void wit__take_loose(wit__block *block) {\n"
    "  wit__block *before = (wit__block *) (void *) block->end;\n"
    "  if (before) before->next = block->next;\n"
    "  else wit__loose = block->next;\n"
    "  if (block->next) block->next->end = block->end;\n"
    "}\n"
    "\n"
    "WIT_SHARED void *wit__new_loose(size_t size) {\n"
    "  wit__block *block = (wit__block *) WIT_MALLOC(sizeof *block + size);\n"
    "  if (!block || size > SIZE_MAX / 2) __builtin_trap();\n"
    "  block->next = wit__loose;\n"
    "  block->end = NULL;\n"
    "  if (wit__loose) wit__loose->end = (char *) block;\n"
    "  wit__loose = block;\n"
    "  return block + 1;\n"
    "}\n"
    "\n"
    "// Memory that was written for the current task becomes its arena's.\n"
    "WIT_SHARED void wit__keep(const void *ptr) {\n"
    "  wit__block *block = (wit__block *) (uintptr_t) ptr - 1;\n"
    "  wit__take_loose(block);\n"
    "  block->next = wit__current->kept;\n"
    "  wit__current->kept = block;\n"
    "}\n"
    "\n"
    "WIT_SHARED WIT_EXPORT(\"cabi_import_realloc\")\n"
    "void *cabi_import_realloc(void *ptr, size_t old_size, size_t align, size_t new_size) {\n"
    "  if (ptr && new_size <= old_size) return ptr;\n"
    "  if (wit__current && (wit__current != &wit__first || wit__first.calls))\n"
    "    return cabi_realloc(ptr, old_size, align, new_size);\n"
    "  if (new_size == 0) return (void *) align;\n"
    "  void *ret = wit__new_loose(new_size);\n"
    "  if (!old_size) return ret;\n"
    "  __builtin_memcpy(ret, ptr, old_size);\n"
    "  wit__take_loose((wit__block *) ptr - 1);\n"
    "  WIT_FREE((wit__block *) ptr - 1);\n"
    "  return ret;\n"
    "}\n"
    "\n"
    "WIT_SHARED WIT_EXPORT(\"cabi_export_realloc\")\n"
    "void *cabi_export_realloc(void *ptr, size_t old_size, size_t align, size_t new_size) {\n"
    "  return cabi_import_realloc(ptr, old_size, align, new_size);\n"
    "}\n";

static const char tasks[] =
    "\ntypedef enum wit__kind { WIT__SUBTASK, WIT__COPY, WIT__YIELD } wit__kind;\n"
    "\n"
    "typedef struct wit__node {\n"
    "  struct wit__node *next;\n"
    "  wit__kind kind;\n"
    "  bool ready, one;\n"
    "  int32_t waitable;\n"
    "  uint32_t code;\n"
    "  void (*keep)(void *at, size_t n);\n"
    "  void *at; // what `keep` looks through\n"
    "  wit_subtask_callback *subtask_then;\n"
    "  wit_copied_callback *copied_then;\n"
    "  void (*yield_then)(void *data);\n"
    "  void *data;\n"
    "} wit__node;\n"
    "\n"
    "typedef struct wit__task {\n"
    "  wit__arena arena;\n"
    "  wit__node *nodes;\n"
    "  int32_t set;\n"
    "  void *params;\n"
    "  void (*on_cancel)(void *data);\n"
    "  void *cancel_data;\n"
    "} wit__task;\n"
    "\n"
    "WIT_SHARED wit__task *wit__this_task(void) {\n"
    "  if (!wit__current || wit__current == &wit__first) __builtin_trap();\n"
    "  return (wit__task *) wit__current;\n"
    "}\n"
    "\n"
    "WIT_SHARED wit__task *wit__begin(void) {\n"
    "  wit__arena arena = {NULL, NULL, NULL, NULL, 0};\n"
    "  wit__task *task = (wit__task *) wit__alloc(&arena, sizeof *task, 8);\n"
    "  __builtin_memset(task, 0, sizeof *task);\n"
    "  task->arena = arena;\n"
    "  wit__current = &task->arena;\n"
    "  wit__tasks++;\n"
    "  wit__context_set(task);\n"
    "  return task;\n"
    "}\n"
    "\n"
    "WIT_SHARED wit__node *wit__new_node(wit__kind kind, int32_t waitable) {\n"
    "  wit__task *task = wit__this_task();\n"
    "  wit__node *node = WIT_NEW(wit__node, 1);\n"
    "  __builtin_memset(node, 0, sizeof *node);\n"
    "  node->kind = kind;\n"
    "  node->waitable = waitable;\n"
    "  wit__node **at = &task->nodes; // first come, first served\n"
    "  while (*at) at = &(*at)->next;\n"
    "  *at = node;\n"
    "  if (waitable) {\n"
    "    if (!task->set) task->set = wit__set_new();\n"
    "    wit__join(waitable, task->set);\n"
    "  }\n"
    "  return node;\n"
    "}\n"
    "\n"
    "WIT_SHARED wit__node *wit__take_node(int32_t waitable) {\n"
    "  wit__task *task = wit__this_task();\n"
    "  for (wit__node **at = &task->nodes; *at; at = &(*at)->next) {\n"
    "    wit__node *node = *at;\n"
    "    if (node->waitable != waitable) continue;\n"
    "    *at = node->next;\n"
    "    return node;\n"
    "  }\n"
    "  __builtin_trap();\n"
    "}\n"
    "\n"
    "// The status of a read or write; that of a future has no count.\n"
    "WIT_SHARED wit_copied wit__copied(uint32_t code, bool one, void (*keep)(void *, size_t), void "
    "*at) {\n"
    "  wit_copied copied = {one ? code == 0 : code >> 4, (wit_copied_state) (code & 15)};\n"
    "  if (keep) keep(at, copied.count);\n"
    "  return copied;\n"
    "}\n"
    "\n"
    "// What is to be done about something that is over.\n"
    "WIT_SHARED void wit__settle(wit__node *node) {\n"
    "  if (node->kind == WIT__SUBTASK) {\n"
    "    if (node->code == WIT_SUBTASK_RETURNED && node->keep) node->keep(node->at, 1);\n"
    "    if (node->waitable) wit__subtask_drop(node->waitable);\n"
    "    if (node->subtask_then) node->subtask_then(node->data, (wit_subtask_state) node->code);\n"
    "  } else if (node->kind == WIT__COPY) {\n"
    "    if (node->waitable) wit__join(node->waitable, 0);\n"
    "    wit_copied copied = wit__copied(node->code, node->one, node->keep, node->at);\n"
    "    if (node->copied_then) node->copied_then(node->data, copied);\n"
    "  } else {\n"
    "    node->yield_then(node->data);\n"
    "  }\n"
    "}\n"
    "\n"
    "WIT_SHARED wit__node *wit__take_ready(wit__task *task) {\n"
    "  for (wit__node **at = &task->nodes; *at; at = &(*at)->next) {\n"
    "    wit__node *node = *at;\n"
    "    if (!node->ready) continue;\n"
    "    *at = node->next;\n"
    "    return node;\n"
    "  }\n"
    "  return NULL;\n"
    "}\n"
    "\n"
    "// Calls what is ready; then what the component model is to do: exit, yield, wait.\n"
    "WIT_SHARED int32_t wit__run(void) {\n"
    "  wit__task *task = wit__this_task();\n"
    "  for (wit__node *node; (node = wit__take_ready(task)) != NULL;) wit__settle(node);\n"
    "  wit__current = &wit__first;\n"
    "  for (wit__node *node = task->nodes; node; node = node->next)\n"
    "    if (node->kind == WIT__YIELD) return 1;\n"
    "  if (task->nodes) return 2 | task->set << 4;\n"
    "  if (task->set) wit__set_drop(task->set);\n"
    "  wit__arena arena = task->arena;\n"
    "  wit__free_blocks(arena.kept, NULL);\n"
    "  wit__free_blocks(arena.block, NULL);\n"
    "  if (--wit__tasks == 0 && !wit__first.calls)\n"
    "    wit__loose = wit__free_blocks(wit__loose, NULL);\n"
    "  return 0;\n"
    "}\n"
    "\n"
    "WIT_SHARED int32_t wit__event(int32_t event, int32_t waitable, int32_t code) {\n"
    "  wit__task *task = (wit__task *) wit__context_get();\n"
    "  wit__current = &task->arena;\n"
    "  for (wit__node *node = task->nodes; node; node = node->next) {\n"
    "    if (event == 0 ? node->kind != WIT__YIELD : event == 6 || node->waitable != waitable) "
    "continue;\n"
    "    if (event == 1 && code < WIT_SUBTASK_RETURNED) continue;\n"
    "    node->ready = true;\n"
    "    node->code = (uint32_t) code;\n"
    "  }\n"
    "  if (event == 6 && task->on_cancel) task->on_cancel(task->cancel_data);\n"
    "  return wit__run();\n"
    "}\n"
    "\n"
    "// A call that has begun.\n"
    "WIT_SHARED wit_subtask wit__pend(int32_t status, void (*keep)(void *, size_t), void *at) {\n"
    "  wit_subtask subtask = {(uint32_t) status};\n"
    "  if ((status & 15) >= WIT_SUBTASK_RETURNED) {\n"
    "    if (keep) keep(at, 1);\n"
    "    return subtask;\n"
    "  }\n"
    "  wit__node *node = wit__new_node(WIT__SUBTASK, (int32_t) (subtask.status >> 4));\n"
    "  node->keep = keep;\n"
    "  node->at = at;\n"
    "  return subtask;\n"
    "}\n"
    "\n"
    "WIT_SHARED void wit_subtask_then(wit_subtask subtask, wit_subtask_callback *then, void *data) "
    "{\n"
    "  int32_t handle = (int32_t) (subtask.status >> 4);\n"
    "  wit__node *node = NULL;\n"
    "  if (handle) {\n"
    "    for (node = wit__this_task()->nodes; node && node->waitable != handle;) node = "
    "node->next;\n"
    "    if (!node) __builtin_trap();\n"
    "  } else {\n"
    "    node = wit__new_node(WIT__SUBTASK, 0);\n"
    "    node->ready = true;\n"
    "    node->code = subtask.status & 15;\n"
    "  }\n"
    "  node->subtask_then = then;\n"
    "  node->data = data;\n"
    "}\n"
    "\n"
    "// Waits for an event of one waitable, with a code of at least `least`.\n"
    "WIT_SHARED uint32_t wit__wait_for(int32_t handle, uint32_t least) {\n"
    "  int32_t set = wit__set_new(), event[2] = {0, 0};\n"
    "  wit__join(handle, set);\n"
    "  do WIT__WAIT(wit__set_wait(set, event));\n"
    "  while ((uint32_t) event[1] < least);\n"
    "  wit__join(handle, 0);\n"
    "  wit__set_drop(set);\n"
    "  return (uint32_t) event[1];\n"
    "}\n"
    "\n"
    "WIT_SHARED wit_subtask_state wit_subtask_wait(wit_subtask subtask) {\n"
    "  int32_t handle = (int32_t) (subtask.status >> 4);\n"
    "  if (!handle) return (wit_subtask_state) (subtask.status & 15);\n"
    "  wit__node *node = wit__take_node(handle);\n"
    "  if (!node->ready) node->code = wit__wait_for(handle, WIT_SUBTASK_RETURNED);\n"
    "  wit__settle(node);\n"
    "  return (wit_subtask_state) node->code;\n"
    "}\n"
    "\n"
    "WIT_SHARED wit_subtask_state wit_subtask_cancel(wit_subtask subtask) {\n"
    "  int32_t handle = (int32_t) (subtask.status >> 4);\n"
    "  if (!handle) return (wit_subtask_state) (subtask.status & 15);\n"
    "  wit__node *node = wit__take_node(handle);\n"
    "  wit__join(handle, 0);\n"
    "  if (!node->ready) WIT__WAIT(node->code = (uint32_t) wit__subtask_cancel(handle));\n"
    "  wit__settle(node);\n"
    "  return (wit_subtask_state) node->code;\n"
    "}\n"
    "\n"
    "// A read or write that has begun.\n"
    "WIT_SHARED void wit__pend_copy(int32_t handle, uint32_t status, bool one,\n"
    "                               void (*keep)(void *, size_t), void *at,\n"
    "                               wit_copied_callback *then, void *data) {\n"
    "  bool blocked = status == UINT32_MAX;\n"
    "  wit__node *node = wit__new_node(WIT__COPY, blocked ? handle : 0);\n"
    "  node->one = one;\n"
    "  node->keep = keep;\n"
    "  node->at = at;\n"
    "  node->copied_then = then;\n"
    "  node->data = data;\n"
    "  node->ready = !blocked;\n"
    "  node->code = blocked ? 0 : status;\n"
    "}\n"
    "\n"
    "WIT_SHARED wit_copied wit__cancel_copy(int32_t handle, uint32_t (*cancel)(uint32_t)) {\n"
    "  wit__node *node = wit__take_node(handle);\n"
    "  wit__join(handle, 0);\n"
    "  if (!node->ready) WIT__WAIT(node->code = cancel((uint32_t) handle));\n"
    "  return wit__copied(node->code, node->one, node->keep, node->at);\n"
    "}\n"
    "\n"
    "WIT_SHARED void wit_yield(void (*then)(void *data), void *data) {\n"
    "  wit__node *node = wit__new_node(WIT__YIELD, 0);\n"
    "  node->yield_then = then;\n"
    "  node->data = data;\n"
    "}\n"
    "\n"
    "WIT_SHARED void wit_task_on_cancel(void (*then)(void *data), void *data) {\n"
    "  wit__task *task = wit__this_task();\n"
    "  task->on_cancel = then;\n"
    "  task->cancel_data = data;\n"
    "}\n"
    "\n"
    "WIT_SHARED void wit_task_cancel(void) {\n"
    "  wit__task_cancel();\n"
    "}\n";

void nat_put_async_runtime(Buf *out) {
    buf_str(out, str_from(builtins));
    buf_str(out, str_from(memory));
    buf_str(out, str_from(tasks));
}

/* ---- streams and futures ---- */

static const char future_header[] =
    "\n/** Both ends of a new one. */\n"
    "WIT_CHECK $S $F_new($S_writer *writer);\n"
    "/** Waits; what is written has moved to the reader. */\n"
    "wit_copied $F_read($S self$READ);\n"
    "wit_copied $F_write($S_writer self$WRITE);\n"
    "/** Begins; the memory must stay until `then` is called. */\n"
    "void $F_read_start($S self$READ, wit_copied_callback *then, void *data);\n"
    "void $F_write_start($S_writer self$WRITE, wit_copied_callback *then, void *data);\n"
    "/** Ends what was begun; `then` is not called. */\n"
    "wit_copied $F_cancel_read($S self);\n"
    "wit_copied $F_cancel_write($S_writer self);\n"
    "void $F_drop($S self);\n"
    "void $F_writer_drop($S_writer self);\n";

static const char future_source[] =
    "\nWIT_SHARED $S $F_new($S_writer *writer) {\n"
    "  uint64_t both = $F__new();\n"
    "  $S self;\n"
    "  self.handle = (int32_t) both;\n"
    "  writer->handle = (int32_t) (both >> 32);\n"
    "  return self;\n"
    "}\n"
    "\nWIT_SHARED wit_copied $F_read($S self$READ) {\n"
    "  uint32_t status;\n"
    "  WIT__WAIT(status = $F__read((uint32_t) self.handle, $IN));\n"
    "  if (status == UINT32_MAX) status = wit__wait_for(self.handle, 0);\n"
    "  return wit__copied(status, $ONE, $KEEP, $AT);\n"
    "}\n"
    "\nWIT_SHARED wit_copied $F_write($S_writer self$WRITE) {\n"
    "  uint32_t status;\n"
    "  WIT__WAIT(status = $F__write((uint32_t) self.handle, $OUT));\n"
    "  if (status == UINT32_MAX) status = wit__wait_for(self.handle, 0);\n"
    "  return wit__copied(status, $ONE, NULL, NULL);\n"
    "}\n"
    "\nWIT_SHARED void $F_read_start($S self$READ, wit_copied_callback *then, void *data) {\n"
    "  uint32_t status;\n"
    "  WIT__WAIT(status = $F__read((uint32_t) self.handle, $IN));\n"
    "  wit__pend_copy(self.handle, status, $ONE, $KEEP, $AT, then, data);\n"
    "}\n"
    "\nWIT_SHARED void $F_write_start($S_writer self$WRITE, wit_copied_callback *then, void *data) "
    "{\n"
    "  uint32_t status;\n"
    "  WIT__WAIT(status = $F__write((uint32_t) self.handle, $OUT));\n"
    "  wit__pend_copy(self.handle, status, $ONE, NULL, NULL, then, data);\n"
    "}\n"
    "\nWIT_SHARED wit_copied $F_cancel_read($S self) {\n"
    "  return wit__cancel_copy(self.handle, $F__cancel_read);\n"
    "}\n"
    "\nWIT_SHARED wit_copied $F_cancel_write($S_writer self) {\n"
    "  return wit__cancel_copy(self.handle, $F__cancel_write);\n"
    "}\n"
    "\nWIT_SHARED void $F_drop($S self) {\n"
    "  $F__drop_readable((uint32_t) self.handle);\n"
    "}\n"
    "\nWIT_SHARED void $F_writer_drop($S_writer self) {\n"
    "  $F__drop_writable((uint32_t) self.handle);\n"
    "}\n";

/* `keep` for an array of values: a function of its own, or NULL where there is no memory in them. */
Str nat_keeper(Gen *g, const WitType *type, Str name) {
    Str c_type = type ? gen_type_name(g, type) : STR("");
    Str element = str_fmt(g->arena, "&((const %.*s *) at)[i]", STR_ARG(c_type));
    Str statement = type ? gen_walk(g, GEN_WALK_MEMORY, type, element) : STR("");
    if (!statement.len) return STR("NULL");
    Str keeper = str_concat(g->arena, name, STR("__keep_all"));
    buf_fmt(&g->c_release,
            "\nstatic void %.*s(void *at, size_t n) {\n"
            "  for (size_t i = 0; i < n; i++) {\n    %.*s\n  }\n}\n",
            STR_ARG(keeper), STR_ARG(statement));
    return keeper;
}

/* What the functions of a stream or future begin with: its name, with a number if need be. */
Str nat_future_stem(Gen *g, Str name) {
    static const char *const endings[] = {"new",          "read",        "write",
                                          "read_start",   "write_start", "cancel_read",
                                          "cancel_write", "drop",        "writer_drop"};
    enum { ENDINGS = sizeof endings / sizeof *endings };
    Str stem = name, names[ENDINGS];
    for (unsigned n = 2, i = 0; i < ENDINGS;) {
        names[i] = str_fmt(g->arena, "%.*s_%s", STR_ARG(stem), endings[i]);
        if (!map_get(&g->symbols, names[i++])) continue;
        stem = str_fmt(g->arena, "%.*s_%u", STR_ARG(name), n++);
        i = 0;
    }
    for (unsigned i = 0; i < ENDINGS; i++) nat_claim(g, names[i]);
    return stem;
}

void nat_put_future(Gen *g, const WitType *type, Str name, Str funcs) {
    bool stream = type->kind == WIT_STREAM;
    Str element = type->elem ? gen_type_name(g, type->elem) : STR("");
    const char *amount = stream ? ", size_t n" : "", *count = stream ? ", n" : "";
    Str read = {0}, write = {0};
    if (type->elem) {
        read = str_fmt(g->arena, ", %.*s *at", STR_ARG(element));
        write = str_fmt(g->arena, ", const %.*s *at", STR_ARG(element));
    }
    const GenWord words[] = {
        {STR("$S"), name},
        {STR("$F"), funcs},
        {STR("$READ"), str_fmt(g->arena, "%.*s%s", STR_ARG(read), amount)},
        {STR("$WRITE"), str_fmt(g->arena, "%.*s%s", STR_ARG(write), amount)},
        {STR("$IN"), str_fmt(g->arena, "%s%s", type->elem ? "(uint8_t *) at" : "NULL", count)},
        {STR("$OUT"),
         str_fmt(g->arena, "%s%s", type->elem ? "(const uint8_t *) at" : "NULL", count)},
        {STR("$KEEP"), nat_keeper(g, type->elem, funcs)},
        {STR("$ONE"), stream ? STR("false") : STR("true")},
        {STR("$AT"), type->elem ? STR("at") : STR("NULL")},
    };
    enum { WORDS = sizeof words / sizeof *words };
    buf_str(&g->h_async, gen_fill(g, future_header, words, WORDS));
    buf_str(&g->c_async, gen_fill(g, future_source, words, WORDS));
}
