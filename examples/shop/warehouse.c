/* The warehouse: implements world `warehouse`. */
#include "warehouse.h"

static shop_stock_item items[] = {
    {WIT_STR_INIT("tea"), 350, 12},
    {WIT_STR_INIT("cup"), 900, 1},
};

static shop_stock_item *look_up(wit_string name) {
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        if (wit_string_eq(items[i].name, name)) return &items[i];
    return NULL;
}

shop_stock_option_item shop_stock_find(wit_string name) {
    const shop_stock_item *item = look_up(name);
    return item ? shop_stock_option_item_some(*item) : shop_stock_option_item_none();
}

wit_result_void_string shop_stock_take(wit_string name, uint32_t count) {
    shop_stock_item *item = look_up(name);
    if (!item || item->count < count) return wit_result_void_string_err(WIT_STR("not so many"));
    item->count -= count;
    return wit_result_void_string_ok();
}
