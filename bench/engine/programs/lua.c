/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Lua as a program without imports: the interpreter runs a fixed script from memory. The sources of
 * Lua come from outside (LUA_SRC) and are compiled as one unit, as its own onelua.c does. Errors end
 * the program: there is no setjmp in a module without exceptions, and the script raises none. */
#define LUA_CORE
#define LUA_LIB
#define l_signalT           int
#define LUAI_THROW(L, c)  __builtin_trap()
#define LUAI_TRY(L, c, a) { a }
#define luai_jmpbuf       int
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lprefix.h"
#include "luaconf.h"

#undef LUAI_FUNC
#undef LUAI_DDEC
#undef LUAI_DDEF
#undef LUA_API
#undef LUALIB_API
#undef LUAMOD_API
#define LUAI_FUNC    static
#define LUAI_DDEC(d) /* made where it is defined */
#define LUAI_DDEF    static
#define LUA_API      static
#define LUALIB_API   static
#define LUAMOD_API   static
#include "lzio.c"
#include "lctype.c"
#include "lopcodes.c"
#include "lmem.c"
#include "lundump.c"
#include "ldump.c"
#include "lstate.c"
#include "lgc.c"
#include "llex.c"
#include "lcode.c"
#include "lparser.c"
#include "ldebug.c"
#include "lfunc.c"
#include "lobject.c"
#include "ltm.c"
#include "lstring.c"
#include "ltable.c"
#include "ldo.c"
#include "lvm.c"
#include "lapi.c"
#include "lauxlib.c"
#include "lbaselib.c"
#include "lmathlib.c"
#include "lstrlib.c"
#include "ltablib.c"

static const char script[] =
    /* objects and method calls through metatables */
    "local Account = {} Account.__index = Account\n"
    "function Account.new(b) return setmetatable({balance = b}, Account) end\n"
    "function Account:add(v) self.balance = (self.balance + v) % 1000003 return self end\n"
    "local sum = 0\n"
    "local a = Account.new(7)\n"
    "for i = 1, 300000 do a:add(i) end\n"
    "sum = sum + a.balance\n"
    /* closures */
    "local function counter(n) return function() n = n + 1 return n end end\n"
    "local c = counter(0)\n"
    "for i = 1, 300000 do c() end\n"
    "sum = sum + c()\n"
    /* a sieve in a table */
    "local n, count, flags = 200000, 0, {}\n"
    "for i = 2, n do flags[i] = true end\n"
    "for i = 2, n do if flags[i] then count = count + 1\n"
    "  for k = i + i, n, i do flags[k] = false end end end\n"
    "sum = sum + count\n"
    /* strings: building, searching, replacing, a hash of words */
    "local words, order = {}, {}\n"
    "local text = ('the quick brown fox jumps over the lazy dog and runs away '):rep(40)\n"
    "for r = 1, 12 do for w in text:gmatch('%a+') do\n"
    "  local k = w .. (r % 5)\n"
    "  if not words[k] then words[k] = 0 order[#order + 1] = k end\n"
    "  words[k] = words[k] + #w end end\n"
    "table.sort(order)\n"
    "for i, k in ipairs(order) do sum = (sum * 31 + words[k] + k:byte(1)) % 1000000007 end\n"
    "local s = text:gsub('o', '0'):upper()\n"
    "sum = (sum + #s + select(2, s:gsub('0', ''))) % 1000000007\n"
    /* floats */
    "local x = 0.0\n"
    "for i = 1, 300000 do x = x + 1.0 / (i * i) end\n"
    "sum = (sum + math.floor(x * 1e6)) % 1000000007\n"
    /* recursion */
    "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\n"
    "sum = (sum + fib(24)) % 1000000007\n"
    /* sorting with a comparison in Lua, and garbage */
    "local list, seed = {}, 42\n"
    "for i = 1, 20000 do seed = (seed * 1103515245 + 12345) % 2147483648\n"
    "  list[i] = {key = seed, text = 'n' .. seed % 1000} end\n"
    "table.sort(list, function(p, q) return p.key < q.key end)\n"
    "for i = 1, #list, 97 do sum = (sum * 31 + list[i].key + #list[i].text) % 1000000007 end\n"
    "return sum\n";

static void *allocate(void *context, void *block, size_t old_size, size_t size) {
    (void)context, (void)old_size;
    if (size) return realloc(block, size);
    free(block);
    return NULL;
}

static int run_once(void) {
    lua_State *state = lua_newstate(allocate, NULL);
    luaL_requiref(state, "_G", luaopen_base, 1);
    luaL_requiref(state, "string", luaopen_string, 1);
    luaL_requiref(state, "table", luaopen_table, 1);
    luaL_requiref(state, "math", luaopen_math, 1);
    lua_settop(state, 0);
    if (luaL_loadbufferx(state, script, sizeof script - 1, "bench", "t") != LUA_OK) return -1;
    lua_callk(state, 0, 1, 0, NULL);
    int sum = (int)lua_tointegerx(state, -1, NULL);
    lua_close(state);
    return sum;
}

int bench(void) {
    int sum = 0;
    for (int i = 0; i < 4; i++) sum = sum * 31 + run_once();
    return sum;
}
