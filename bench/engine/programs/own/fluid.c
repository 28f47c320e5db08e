/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Jacobi steps of heat on a plate in f32, with a source, and the largest change of each step. */
enum { N = 256, STEPS = 1500 };
static float plate[2][N][N];

int bench(void) {
    float last = 0;
    for (int y = 0; y < N; y++)
        for (int x = 0; x < N; x++) plate[0][y][x] = plate[1][y][x] = (float)(x * y % 17);
    for (int t = 0; t < STEPS; t++) {
        float(*from)[N] = plate[t & 1], (*to)[N] = plate[~t & 1], most = 0;
        for (int y = 1; y < N - 1; y++)
            for (int x = 1; x < N - 1; x++) {
                float v =
                    0.25f * (from[y - 1][x] + from[y + 1][x] + from[y][x - 1] + from[y][x + 1]);
                float change = v > from[y][x] ? v - from[y][x] : from[y][x] - v;
                if (change > most) most = change;
                to[y][x] = v;
            }
        to[N / 2][N / 2] += 1.0f;
        last = most;
    }
    return (int)(last * 1e4f) + (int)plate[0][N / 3][N / 3];
}
