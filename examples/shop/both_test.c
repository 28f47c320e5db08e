/* Shop and warehouse in one program for this machine: the exports of the one are the imports of
 * the other, without mocks and without WebAssembly. */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>

#include "shop.h"

int main(void) {
    const shop_orders_line lines[] = {{WIT_STR("tea"), 2}, {WIT_STR("cup"), 1}};
    const shop_orders_list_line order = WIT_LIST(shop_orders_list_line, lines);
    shop_orders_result_u32_failure placed = shop_orders_place(order);
    assert(!placed.is_err && placed.val.ok == 1600);
    placed = shop_orders_place(order);
    assert(placed.is_err && shop_orders_failure_is_sold_out(&placed.val.err));
    assert(placed.val.err.val.sold_out == 0);
    wit_arena_reset();
    puts("shop and warehouse: all tests pass");
    return 0;
}
