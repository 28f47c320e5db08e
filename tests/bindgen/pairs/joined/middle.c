/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Native style: every call goes on as it came. */
#include "middle.h"
#include "guest.h"

#define LOW(name) joined_low_##name

joined_low_joined joined_high_flat(const joined_low_joined *x) { return LOW(flat)(x); }

joined_low_list_joined joined_high_wide(const joined_low_joined *x, const joined_low_joined *y,
                                        const joined_low_joined *z) {
    return LOW(wide)(x, y, z);
}

joined_low_spread joined_high_spilled(int8_t a, int16_t b, uint32_t c, bool d, joined_low_some e,
                                      float f, double g, uint64_t h, const joined_low_joined *i,
                                      const joined_low_joined *j, const joined_low_spread *k,
                                      wit_string args, const wit_string *ret_) {
    return LOW(spilled)(a, b, c, d, e, f, g, h, i, j, k, args, ret_);
}

joined_low_tuple4_s8_s16_char_some joined_high_signs(int8_t a, int16_t b, uint32_t c,
                                                     joined_low_some d) {
    return LOW(signs)(a, b, c, d);
}

int8_t joined_high_small(int8_t a) { return LOW(small)(a); }

uint32_t joined_high_letter(uint32_t a) { return LOW(letter)(a); }

wit_result_f64_s8 joined_high_either(const wit_result_f32_u64 *a) { return LOW(either)(a); }

wit_option_option_option_u64 joined_high_deep(const wit_option_option_u64 *a,
                                              const wit_result_option_s8_f32 *b) {
    return LOW(deep)(a, b);
}

uint32_t joined_high_borrowed(const LOW(tuple3_thing_ref_u8_thing_ref) * a,
                              const LOW(thing_ref) * b, const LOW(result_list_thing_ref_u8) * c) {
    return LOW(borrowed)(a, b, c);
}

LOW(held) joined_high_hold(const LOW(held) * a) { return LOW(hold)(a); }

LOW(tuple2_list_thing_option_thing) joined_high_split(LOW(list_thing) a, uint32_t at) {
    return LOW(split)(a, at);
}

uint32_t joined_high_live(void) { return live(); }
