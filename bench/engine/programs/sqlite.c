/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* SQLite as a program without imports: a database in memory, with inserts, an index, joins,
 * aggregates, updates, deletes and text functions. sqlite3.c comes from outside (SQLITE_SRC). There
 * is no operating system below it: SQLITE_OS_OTHER. */
#define SQLITE_OS_OTHER             1
#define SQLITE_THREADSAFE           0
#define SQLITE_OMIT_LOAD_EXTENSION  1
#define SQLITE_OMIT_WAL             1
#define SQLITE_OMIT_SHARED_CACHE    1
#define SQLITE_OMIT_LOCALTIME       1
#define SQLITE_TEMP_STORE           3
#define SQLITE_DEFAULT_MEMSTATUS    0
#define SQLITE_DQS                  0
#include "sqlite3.c"

static int no_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
    return SQLITE_CANTOPEN;
}
static int no_name(sqlite3_vfs *vfs, const char *name, int sync) { return SQLITE_IOERR; }
static int no_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
    *out = 0;
    return SQLITE_OK;
}
static int full_name(sqlite3_vfs *vfs, const char *name, int size, char *out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}
static int no_randomness(sqlite3_vfs *vfs, int size, char *out) {
    memset(out, 1, (size_t)size);
    return size;
}
static int no_sleep(sqlite3_vfs *vfs, int microseconds) { return 0; }
static int no_time(sqlite3_vfs *vfs, double *time) {
    *time = 2460000.5;
    return SQLITE_OK;
}
static int no_error(sqlite3_vfs *vfs, int size, char *out) { return 0; }

int sqlite3_os_init(void) {
    static sqlite3_vfs none = {.iVersion = 1,
                               .szOsFile = sizeof(sqlite3_file),
                               .mxPathname = 256,
                               .zName = "none",
                               .xOpen = no_file,
                               .xDelete = no_name,
                               .xAccess = no_access,
                               .xFullPathname = full_name,
                               .xRandomness = no_randomness,
                               .xSleep = no_sleep,
                               .xCurrentTime = no_time,
                               .xGetLastError = no_error};
    return sqlite3_vfs_register(&none, 1);
}
int sqlite3_os_end(void) { return SQLITE_OK; }

static const char *const statements[] = {
    "CREATE TABLE item(id INTEGER PRIMARY KEY, kind INTEGER, price REAL, name TEXT)",
    "CREATE TABLE sale(id INTEGER PRIMARY KEY, item INTEGER, amount INTEGER, day INTEGER)",
    "BEGIN",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000) "
    "INSERT INTO item SELECT i, i % 37, (i * 7919 % 10007) / 100.0, "
    "'item ' || (i * 104729 % 8009) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) "
    "INSERT INTO sale SELECT i, i * 31 % 8000 + 1, i % 11 + 1, i * 17 % 365 FROM n",
    "COMMIT",
    "CREATE INDEX sale_item ON sale(item)",
    "CREATE INDEX item_name ON item(name)",
    "SELECT sum(amount), count(*) FROM sale JOIN item ON item.id = sale.item WHERE item.kind < 20",
    "SELECT kind, sum(price * amount), max(day) FROM item JOIN sale ON sale.item = item.id "
    "GROUP BY kind ORDER BY 2 DESC",
    "SELECT count(*) FROM item WHERE name LIKE '%42%' AND length(upper(name)) > 6",
    "SELECT name, price FROM item ORDER BY price, name LIMIT 50 OFFSET 1000",
    "UPDATE item SET price = price * 1.1 WHERE kind BETWEEN 5 AND 12",
    "DELETE FROM sale WHERE day % 7 = 3",
    "SELECT day / 30, avg(amount), sum(amount * amount) FROM sale GROUP BY 1 HAVING count(*) > 3",
    "SELECT a.id FROM item a WHERE EXISTS (SELECT 1 FROM sale s WHERE s.item = a.id AND s.amount > "
    "a.kind) ORDER BY a.name DESC LIMIT 100",
    "SELECT substr(name, 6), replace(name, '1', '--'), instr(name, '7') FROM item WHERE id % 3 = 0",
};

static unsigned sum;

static int add_row(void *context, int count, char **values, char **names) {
    for (int i = 0; i < count; i++)
        for (const char *c = values[i] ? values[i] : "?"; *c; c++)
            sum = sum * 31 + (unsigned char)*c;
    return 0;
}

static int run_once(void) {
    sqlite3 *db;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK) return -1;
    for (unsigned i = 0; i < sizeof statements / sizeof *statements; i++)
        if (sqlite3_exec(db, statements[i], add_row, NULL, NULL) != SQLITE_OK) return -2 - (int)i;
    sqlite3_close(db);
    return 0;
}

int bench(void) {
    sum = 0;
    for (int i = 0; i < 4; i++) {
        int failed = run_once();
        if (failed) return failed;
    }
    return (int)sum;
}
