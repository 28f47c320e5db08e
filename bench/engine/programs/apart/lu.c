/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* LU decomposition with row pivots, and the solution of the system: f64, strided rows. */
enum { N = 160, ROUNDS = 150 };
static double a[N][N], b[N];
static int row[N];

static void decompose(void) {
    for (int k = 0; k < N; k++) {
        int best = k;
        for (int i = k + 1; i < N; i++)
            if (__builtin_fabs(a[row[i]][k]) > __builtin_fabs(a[row[best]][k])) best = i;
        int swap = row[k];
        row[k] = row[best], row[best] = swap;
        for (int i = k + 1; i < N; i++) {
            double f = a[row[i]][k] /= a[row[k]][k];
            for (int j = k + 1; j < N; j++) a[row[i]][j] -= f * a[row[k]][j];
        }
    }
}

static double solve(void) {
    static double x[N];
    double sum = 0;
    for (int i = 0; i < N; i++) {
        x[i] = b[row[i]];
        for (int j = 0; j < i; j++) x[i] -= a[row[i]][j] * x[j];
    }
    for (int i = N; i-- > 0;) {
        for (int j = i + 1; j < N; j++) x[i] -= a[row[i]][j] * x[j];
        x[i] /= a[row[i]][i];
        sum += x[i];
    }
    return sum;
}

int bench(void) {
    double sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < N; i++) {
            row[i] = i, b[i] = i + round;
            for (int j = 0; j < N; j++) a[i][j] = (i * 37 + j * 91 + round) % 257 + (i == j) * 64.0;
        }
        decompose();
        sum += solve();
    }
    return (int)(long long)(sum * 1e6);
}
