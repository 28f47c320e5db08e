/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Small functions through a table: objects of four kinds are asked for their area and moved, as
 * virtual methods are called. */
typedef struct Shape Shape;
struct Shape {
    int (*area)(const Shape *);
    void (*move)(Shape *, int);
    int x, y, w, h;
};

static int square(const Shape *s) { return s->w * s->w; }
static int box(const Shape *s) { return s->w * s->h; }
static int half(const Shape *s) { return s->w * s->h / 2; }
static int ring(const Shape *s) { return 3 * (s->w * s->w - s->h * s->h); }
static void right(Shape *s, int by) { s->x += by; }
static void up(Shape *s, int by) { s->y += by, s->h ^= s->y & 7; }

enum { COUNT = 1000, TIMES = 24000 };
static Shape shapes[COUNT];

int bench(void) {
    static int (*const areas[4])(const Shape *) = {square, box, half, ring};
    static void (*const moves[2])(Shape *, int) = {right, up};
    unsigned seed = 1, sum = 0;
    for (int i = 0; i < COUNT; i++) {
        seed = seed * 1103515245 + 12345;
        shapes[i] = (Shape){areas[seed >> 16 & 3], moves[seed >> 20 & 1], 0, 0, i % 40 + 1,
                            (int)(seed >> 24 & 31)};
    }
    for (int t = 0; t < TIMES; t++)
        for (int i = 0; i < COUNT; i++) {
            Shape *s = &shapes[i];
            sum += (unsigned)s->area(s);
            s->move(s, t & 3);
        }
    for (int i = 0; i < COUNT; i++) sum = sum * 31 + (unsigned)(shapes[i].x - shapes[i].y);
    return (int)sum;
}
