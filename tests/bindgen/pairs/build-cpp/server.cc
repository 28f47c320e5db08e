// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#define WIT_IMPLEMENT_SERVER
#include "server.hpp"

#include <string>
#include <vector>

static uint32_t count;

struct shapes_canvas_rep {
    std::string title;
    std::vector<uint32_t> areas;
    explicit shapes_canvas_rep(std::string_view of) : title(of) { count++; }
    ~shapes_canvas_rep() { count--; }
};

void shapes_canvas_destroy(shapes_canvas_rep *rep) { delete rep; }

namespace wit::shapes {

expected<uint32_t, std::string_view> area(shape s) {
    if (auto *c = std::get_if<shape_circle>(&s)) return 3 * c->value * c->value;
    if (auto *r = std::get_if<shape_rectangle>(&s)) return r->value.f0 * r->value.f1;
    if (auto *n = std::get_if<shape_named>(&s)) return err(n->value);
    return err(std::string_view("nothing"));
}

std::optional<std::string_view> name(std::optional<shape> s) {
    if (!s) return std::nullopt;
    auto *n = std::get_if<shape_named>(&*s);
    return n ? n->value : std::string_view("nameless");
}

std::optional<uint32_t> largest(span<const ::shapes_shape> all) {
    std::optional<uint32_t> found;
    uint32_t most = 0;
    for (uint32_t i = 0; i < all.size(); i++) {
        auto size = area(up<shape>(all[i]));
        if (size && *size > most) found = i, most = *size;
    }
    return found;
}

expected<void, uint32_t> check(std::string_view title) {
    if (title.size() > 5) return err(static_cast<uint32_t>(title.size()));
    return {};
}

canvas canvas_new(std::string_view title) { return canvas(new shapes_canvas_rep(title)); }

uint32_t canvas_add(::shapes_canvas_ref self, shape s) {
    self->areas.push_back(area(std::move(s)).value_or(0u));
    return static_cast<uint32_t>(self->areas.size());
}

std::string_view canvas_title(::shapes_canvas_ref self) { return self->title; }

expected<canvas, std::string_view> canvas_join(::shapes_canvas_ref a, canvas b) {
    if (b.rep_()->title.empty()) return err(std::string_view("no title"));
    return canvas(new shapes_canvas_rep(a->title + b.rep_()->title));
}

uint32_t live() { return count; }

std::optional<canvas> give(std::optional<canvas> c) { return c; } // moved through

} // namespace wit::shapes
