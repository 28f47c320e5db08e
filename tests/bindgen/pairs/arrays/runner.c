/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

#define A(name) pairs_arrays_arrays_##name

uint32_t exports_runner_run(void) {
    runner_array4_u32_t four = {{1, 2, 3, UINT32_MAX}};
    CHECK(A(sum)(&four) == UINT64_C(6) + UINT32_MAX);
    A(matrix_t) matrix = {{{{1, 2}}, {{3, 4}}}}, turned;
    A(transpose)(&matrix, &turned);
    CHECK(turned.at[0].at[1] == 3 && turned.at[1].at[0] == 2 && turned.at[1].at[1] == 4);
    runner_array40_u8_t bytes, out;
    for (uint8_t i = 0; i < 40; i++) bytes.at[i] = i;
    runner_string_t text = {BYTES("xyz")};
    A(long)(&bytes, &text, &out);
    CHECK(out.at[0] == 42 && out.at[39] == 3);
    A(block_t) block = {1, {{{BYTES("a")}, {BYTES("bcd")}}}, {{1, 2, 65535}}};
    A(block_t) all[] = {block, block, block};
    all[2].id = 9;
    A(list_block_t) blocks = {all, 3};
    A(array2_option_block_t) some;
    A(blocks)(&blocks, &some);
    CHECK(some.at[0].is_some && some.at[0].val.id == 9 && !some.at[1].is_some);
    CHECK(SAME(some.at[0].val.name.at[1], "bcd") && some.at[0].val.data.at[2] == 65535);
    A(array2_option_block_free)(&some);
    A(result_array2_u64_string_t) mixed = {.is_err = false, .val = {.ok = {{5, UINT64_MAX}}}};
    runner_array2_tuple2_u8_u64_t pairs;
    CHECK(A(mixed)(&mixed, &pairs) && pairs.at[1].f0 == 1 && pairs.at[1].f1 == UINT64_MAX);
    mixed.is_err = true;
    mixed.val.err = text;
    CHECK(!A(mixed)(&mixed, &pairs));
    CHECK(live() == 0);
    CHECK(A(live)() == 0);
    return checked();
}
