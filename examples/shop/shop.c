/* The shop: implements world `shop`, in the native style of bindings. The names come from shop.h,
 * which `witc bindgen c --style native` writes; the first stub of this file came from `--stubs`.
 *
 * Nothing is freed here: what a call makes or is given lives until the call is over. */
#include "shop.h"

typedef shop_orders_result_u32_failure Placed;

Placed shop_orders_place(shop_orders_list_line lines) {
    uint32_t total = 0;
    for (size_t i = 0; i < lines.len; i++) {
        const shop_orders_line *line = &lines.ptr[i];
        shop_stock_option_item found = shop_stock_find(line->name);
        if (!found.is_some)
            return shop_orders_result_u32_failure_err(shop_orders_failure_unknown(line->name));
        if (found.val.count < line->count)
            return shop_orders_result_u32_failure_err(
                shop_orders_failure_sold_out(found.val.count));
        total += found.val.price * line->count;
    }
    for (size_t i = 0; i < lines.len; i++) {
        wit_result_void_string taken = shop_stock_take(lines.ptr[i].name, lines.ptr[i].count);
        if (taken.is_err)
            return shop_orders_result_u32_failure_err(shop_orders_failure_refused(taken.val.err));
    }
    return shop_orders_result_u32_failure_ok(total);
}
