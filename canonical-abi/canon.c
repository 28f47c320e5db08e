/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The rows of canon.def as tables: by id, by binary code, by name. */
#include "canonical-abi/abi.h"

#define CANON(id, name, code, operands, feature) {name, code, ABI_OPERANDS_##operands},
static const struct {
    const char *name;
    uint8_t code;
    AbiOperands operands;
} rows[] = {
#include "canonical-abi/canon.def"
};
#undef CANON

const char *abi_canon_name(AbiCanon id) { return rows[id].name; }
uint8_t abi_canon_code(AbiCanon id) { return rows[id].code; }
AbiOperands abi_canon_operands(AbiCanon id) { return rows[id].operands; }

bool abi_canon_feature(AbiCanon id, Feature *feature) {
    enum { FEATURE_NONE = -1 };
#define CANON(id, name, code, operands, gate) FEATURE_##gate,
    static const int gates[] = {
#include "canonical-abi/canon.def"
    };
#undef CANON
    if (gates[id] == FEATURE_NONE) return false;
    *feature = (Feature)gates[id];
    return true;
}

AbiCanon abi_canon_from_code(uint8_t code) {
    AbiCanon id = 0;
    while (id < ABI_CANON_COUNT && rows[id].code != code) id++;
    return id;
}

AbiCanon abi_canon_from_name(Str name) {
    AbiCanon id = 0;
    while (id < ABI_CANON_COUNT && !str_is(name, rows[id].name)) id++;
    return id;
}
