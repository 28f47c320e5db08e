/* Tests of shop.c without WebAssembly: `make test` compiles it for this machine, with sanitizers,
 * and puts mocks in the place of the warehouse. */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>

#include "shop_mocks.h"

static shop_orders_result_u32_failure place(const char *name, uint32_t count) {
    const shop_orders_line line = {wit_string_from(name), count};
    return shop_orders_place((shop_orders_list_line){&line, 1});
}

/* A warehouse with three of everything. */
static shop_stock_option_item find_three(void *data, wit_string name) {
    (void)data;
    return shop_stock_option_item_some((shop_stock_item){name, 200, 3});
}

static void an_order_takes_what_it_sells(void) {
    shop_stock_find_mock.handler = find_three;
    shop_stock_take_mock_gives(wit_result_void_string_ok());
    shop_stock_take_mock.expected = 1;
    shop_orders_result_u32_failure placed = place("tea", 2);
    assert(!placed.is_err && placed.val.ok == 400);
    assert(wit_string_eq(shop_stock_take_mock.calls[0].name, WIT_STR("tea")));
    assert(shop_stock_take_mock.calls[0].count == 2);
}

static void an_order_for_too_much_takes_nothing(void) {
    shop_stock_find_mock.handler = find_three;
    shop_stock_take_mock.expected = WIT_MOCK_NEVER;
    shop_orders_result_u32_failure placed = place("tea", 4);
    assert(placed.is_err && shop_orders_failure_is_sold_out(&placed.val.err));
    assert(placed.val.err.val.sold_out == 3);
}

static void an_unknown_item_is_named(void) {
    shop_stock_find_mock_gives(shop_stock_option_item_none());
    shop_orders_result_u32_failure placed = place("coffee", 1);
    assert(placed.is_err && shop_orders_failure_is_unknown(&placed.val.err));
    assert(wit_string_eq(placed.val.err.val.unknown, WIT_STR("coffee")));
}

static void a_refusal_says_why(void) {
    shop_stock_find_mock.handler = find_three;
    shop_stock_take_mock_gives(wit_result_void_string_err(WIT_STR("closed")));
    shop_orders_result_u32_failure placed = place("tea", 1);
    assert(placed.is_err && shop_orders_failure_is_refused(&placed.val.err));
    assert(wit_string_eq(placed.val.err.val.refused, WIT_STR("closed")));
}

int main(void) {
    void (*const tests[])(void) = {
        an_order_takes_what_it_sells,
        an_order_for_too_much_takes_nothing,
        an_unknown_item_is_named,
        a_refusal_says_why,
    };
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        shop_mocks_reset();
        tests[i]();
        assert(shop_mocks_verify() == 0);
        wit_arena_reset();
    }
    shop_mocks_reset();
    puts("shop: all tests pass");
    return 0;
}
