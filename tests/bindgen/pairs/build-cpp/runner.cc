// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#define WIT_IMPLEMENT_RUNNER
#include "runner.hpp"

#include "guest.h"

namespace shapes = wit::shapes;

static void values() {
    CHECK(*shapes::area(shapes::shape_circle{2}) == 12);
    CHECK(*shapes::area(shapes::shape_rectangle{{3, 5}}) == 15);
    auto failed = shapes::area(shapes::shape_named{"a dot"});
    CHECK(!failed && failed.error() == "a dot");
    CHECK(shapes::area(shapes::shape_nothing{}).error() == "nothing");
    CHECK(!shapes::name(std::nullopt));
    CHECK(shapes::name(shapes::shape_named{"x"}) == "x");
    CHECK(shapes::name(shapes::shape_nothing{}) == "nameless");
    CHECK(shapes::check("short").has_value());
    CHECK(shapes::check("longer").error() == 6);
    const shapes_shape all[] = {shapes_shape_circle(1), shapes_shape_circle(9),
                                shapes_shape_nothing()};
    CHECK(shapes::largest(all) == 1u);
    CHECK(!shapes::largest({}));
}

static void handles() {
    {
        shapes::canvas a("one"), b("two");
        CHECK(shapes::live() == 2);
        CHECK(a.add(shapes::shape_circle{1}) == 1 && a.add(shapes::shape_nothing{}) == 2);
        CHECK(a.title() == "one");
        auto joined = shapes::canvas::join(a, std::move(b));
        CHECK(joined && joined->title() == "onetwo");
        CHECK(!b && shapes::live() == 2);
        a = std::move(*joined);
        CHECK(a.title() == "onetwo" && shapes::live() == 1);
        auto none = shapes::canvas::join(a, shapes::canvas(""));
        CHECK(!none && none.error() == "no title");
        CHECK(shapes::live() == 1);
        auto back = shapes::give(std::move(a));
        CHECK(back && !a && back->title() == "onetwo");
        CHECK(!shapes::give(std::nullopt));
    }
    CHECK(shapes::live() == 0);
}

uint32_t wit::runner::run() {
    values();
    handles();
    return checked();
}
