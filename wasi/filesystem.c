/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:filesystem where no directory is granted: there are no preopens, hence no descriptors, and
 * the methods of a descriptor can only be called with a handle that is none, which traps. Each
 * would answer `access`.
 */
#include "wasi/internal.h"

enum { ACCESS = 0 }; /* the first case of error-code */

WASI_FN(get_directories) {
    result->list.items = NULL;
    result->list.len = 0;
    return VM_DONE;
}

/* An error of a stream is downcast to a file's; there are none. */
WASI_FN(filesystem_error_code) {
    return wasi_get(thread, context, &args[0], WASI_ERROR) ? wasi_ok(result) : VM_TRAP;
}

WASI_FN(descriptor_denied) {
    if (!wasi_get(thread, context, &args[0], WASI_DESCRIPTOR)) return VM_TRAP;
    return wasi_err(result, ACCESS, scratch);
}

WASI_FN(is_same_object) {
    if (!wasi_get(thread, context, &args[0], WASI_DESCRIPTOR)) return VM_TRAP;
    result->bits = args[0].bits == args[1].bits;
    return VM_DONE;
}

WASI_FN(entries_denied) {
    if (!wasi_get(thread, context, &args[0], WASI_DIRECTORY_ENTRY_STREAM)) return VM_TRAP;
    return wasi_err(result, ACCESS, scratch);
}

#define RESULT(t)    "->result<" t ",enum<37>>"
#define TIME         "record<u64,u32>"
#define TIMESTAMP    "variant<_,_," TIME ">"
#define STAT         "record<enum<8>,u64,u64,option<" TIME ">,option<" TIME ">,option<" TIME ">>"
#define HASH         "record<u64,u64>"
#define DENIED(n, t) {"[method]descriptor." n, t, descriptor_denied}
static const WasiFunc types_funcs[] = {
    DENIED("read-via-stream", "(borrow,u64)" RESULT("own")),
    DENIED("write-via-stream", "(borrow,u64)" RESULT("own")),
    DENIED("append-via-stream", "(borrow)" RESULT("own")),
    DENIED("advise", "(borrow,u64,u64,enum<6>)" RESULT("_")),
    DENIED("sync-data", "(borrow)" RESULT("_")),
    DENIED("get-flags", "(borrow)" RESULT("flags<6>")),
    DENIED("get-type", "(borrow)" RESULT("enum<8>")),
    DENIED("set-size", "(borrow,u64)" RESULT("_")),
    DENIED("set-times", "(borrow," TIMESTAMP "," TIMESTAMP ")" RESULT("_")),
    DENIED("read", "(borrow,u64,u64)" RESULT("tuple<list<u8>,bool>")),
    DENIED("write", "(borrow,list<u8>,u64)" RESULT("u64")),
    DENIED("read-directory", "(borrow)" RESULT("own")),
    DENIED("sync", "(borrow)" RESULT("_")),
    DENIED("create-directory-at", "(borrow,string)" RESULT("_")),
    DENIED("stat", "(borrow)" RESULT(STAT)),
    DENIED("stat-at", "(borrow,flags<1>,string)" RESULT(STAT)),
    DENIED("set-times-at", "(borrow,flags<1>,string," TIMESTAMP "," TIMESTAMP ")" RESULT("_")),
    DENIED("link-at", "(borrow,flags<1>,string,borrow,string)" RESULT("_")),
    DENIED("open-at", "(borrow,flags<1>,string,flags<4>,flags<6>)" RESULT("own")),
    DENIED("readlink-at", "(borrow,string)" RESULT("string")),
    DENIED("remove-directory-at", "(borrow,string)" RESULT("_")),
    DENIED("rename-at", "(borrow,string,borrow,string)" RESULT("_")),
    DENIED("symlink-at", "(borrow,string,string)" RESULT("_")),
    DENIED("unlink-file-at", "(borrow,string)" RESULT("_")),
    {"[method]descriptor.is-same-object", "(borrow,borrow)->bool", is_same_object},
    DENIED("metadata-hash", "(borrow)" RESULT(HASH)),
    DENIED("metadata-hash-at", "(borrow,flags<1>,string)" RESULT(HASH)),
    {"[method]directory-entry-stream.read-directory-entry",
     "(borrow)" RESULT("option<record<enum<8>,string>>"), entries_denied},
    {"filesystem-error-code", "(borrow)->option<enum<37>>", filesystem_error_code},
};
static const WasiFunc preopens_funcs[] = {
    {"get-directories", "()->list<tuple<own,string>>", get_directories},
};

const WasiInterface wasi_filesystem[2] = {
    {"wasi:filesystem/types", types_funcs, WASI_COUNT(types_funcs),
     (const char *[]){"descriptor", "directory-entry-stream", NULL}},
    {"wasi:filesystem/preopens", preopens_funcs, WASI_COUNT(preopens_funcs), NULL},
};
