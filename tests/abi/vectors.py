# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random types and values through the specification's own definitions of the canonical ABI.

    vectors.py DEFINITIONS COUNT [SEED]

Writes COUNT lines, each a value that guest A passes to guest B, and what comes of it (tests/abi/run.c
reads them and compares):

    TYPE A-ENCODING A-MEMORY FROM | B-ENCODING B-SIZE REALLOC TO | RESULT | RESULT

The first result is that of a transfer from guest to guest. The second one is that of lifting to a host,
whose strings are UTF-8, and lowering from there; `=` where it is the same.

    TYPE     as abi_shape writes it: tuple<u8,list<option<string>>>
    MEMORY   SIZE:HEX, zeros at the end left out
    FROM     s:SLOT,SLOT... (hex), or m:ADDRESS
    REALLOC  honest, misaligned, outside, growing, trapping, or inside
    TO       s (slots), m:ADDRESS, or a (allocated by realloc)
    RESULT   trap:NAME, or SLOTS MEMORY CALLS, the last being old,old-size,align,size;... of realloc

DEFINITIONS is the path of definitions.py of the component-model repository.
"""
import importlib.util
import linecache
import math
import random
import struct
import sys

spec = importlib.util.spec_from_file_location("definitions", sys.argv[1])
d = importlib.util.module_from_spec(spec)
sys.modules["definitions"] = d
spec.loader.exec_module(d)
d.DETERMINISTIC_PROFILE = True
R = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)


# ---- which trap it is: by the function and the condition that raise it ----

class Named(d.Trap):
    def __init__(self, name):
        self.name = name


def name_trap(frame):
    func = frame.f_code.co_name
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    error = sys.exc_info()[1]
    aligns, is_own_pointer = "align_to" in line, frame.f_locals.get("out_param") is not None
    if isinstance(error, UnicodeDecodeError):
        if error.encoding.startswith("utf-16"):
            return "INVALID_UTF16"
        cut = error.reason == "unexpected end of data"
        return "INCOMPLETE_UTF8" if cut else "INVALID_UTF8"
    if func == "convert_i32_to_char":
        return "BAD_CHAR"
    if "BYTE_LENGTH" in line:
        return "VALUE_TOO_LARGE"
    if func.startswith(("store_", "lower_flat_values")) and not is_own_pointer:
        list_ = func == "store_list_into_range"
        return "REALLOC_ALIGNMENT" if aligns else "REALLOC_LIST_BOUNDS" if list_ else "REALLOC_BOUNDS"
    if func in ("load_variant", "lift_flat_variant"):
        return "BAD_VARIANT"
    if aligns:
        return "UNALIGNED_POINTER"
    if func == "load_string_from_range":
        return "STRING_BOUNDS"
    if func == "load_list_from_range":
        return "LIST_BOUNDS"
    if func in ("lift_flat_values", "lower_flat_values"):
        return "VALUE_BOUNDS"
    if func == "get":
        return "UNKNOWN_HANDLE"
    if "num_lends" in line:
        return "HANDLE_LENT"
    return "HANDLE_TYPE"


def trap_if(condition):
    if condition:
        raise Named(name_trap(sys._getframe(1)))


def trap():
    raise Named(name_trap(sys._getframe(1)))


d.trap_if, d.trap = trap_if, trap

# ---- types ----

PRIMS = ["bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char",
         "string"]
CLASSES = dict(zip(PRIMS, [d.BoolType, d.S8Type, d.U8Type, d.S16Type, d.U16Type, d.S32Type,
                           d.U32Type, d.S64Type, d.U64Type, d.F32Type, d.F64Type, d.CharType,
                           d.StringType]))
RESOURCE = d.ResourceType(None)


def random_type(depth):
    """A type and its text."""
    if depth == 0 or R.random() < 0.25:
        if R.random() < 0.06:
            return (d.OwnType(RESOURCE), "own") if R.random() < 0.5 else (d.BorrowType(RESOURCE), "borrow")
        prim = "string" if R.random() < 0.2 else R.choice(PRIMS)
        return CLASSES[prim](), prim

    def some(low, high, none=0.0):
        parts = [(None, "_") if R.random() < none else random_type(depth - 1)
                 for _ in range(R.randint(low, high))]
        return [t for t, _ in parts], ",".join(text for _, text in parts)

    match R.choice(["tuple", "tuple", "list", "list", "fixed", "variant", "variant", "option", "result",
                     "map", "flags", "enum"]):
        case "tuple":
            types, text = some(1, 5)
            return d.TupleType(types), f"tuple<{text}>"
        case "list":
            (t,), text = some(1, 1)
            return d.ListType(t), f"list<{text}>"
        case "fixed":
            (t,), text = some(1, 1)
            n = R.randint(1, 4)
            return d.ListType(t, n), f"list<{text},{n}>"
        case "variant":
            types, text = some(1, 6, 0.3)
            cases = [d.CaseType(f"c{i}", t) for i, t in enumerate(types)]
            return d.VariantType(cases), f"variant<{text}>"
        case "option":
            (t,), text = some(1, 1)
            return d.OptionType(t), f"option<{text}>"
        case "result":
            (ok, err), text = some(2, 2, 0.3)
            return d.ResultType(ok, err), f"result<{text}>"
        case "map":
            key = R.choice([p for p in PRIMS if p not in ("f32", "f64")])
            (t,), text = some(1, 1)
            return d.MapType(CLASSES[key](), t), f"map<{key},{text}>"
        case "flags":
            n = R.choice([1, 7, 8, 9, 16, 17, 31, 32])
            return d.FlagsType([f"f{i}" for i in range(n)]), f"flags<{n}>"
        case "enum":
            n = R.choice([1, 2, 5, 256, 257, 300])
            return d.EnumType([f"e{i}" for i in range(n)]), f"enum<{n}>"


# ---- values ----

def random_text():
    kinds = [range(0x20, 0x7f), range(0xa0, 0x100), range(0x100, 0x2000), range(0xe000, 0x10000),
             range(0x10000, 0x110000)]
    upto = R.choice([1, 1, 2, 5])
    length = R.choice([0, 1, 3, 5, 8, 15, 16, 17, 33, 70]) if R.random() < 0.8 else R.randint(0, 100)
    common = R.randrange(upto)
    return "".join(chr(R.choice(kinds[common if R.random() < 0.85 else R.randrange(upto)]))
                   for _ in range(length))


def tagged(text, encoding):
    if encoding == "utf8":
        return text, encoding, len(text.encode())
    units = len(text.encode("utf-16-le")) // 2
    if encoding == "utf16":
        return text, encoding, units
    if all(ord(c) < 256 for c in text) and R.random() < 0.7:
        return text, encoding, len(text)
    return text, encoding, units | 1 << 31


def random_int(bits, signed):
    value = R.choice([0, 1, (1 << bits) - 1, 1 << (bits - 1), (1 << (bits - 1)) - 1, R.getrandbits(bits)])
    return value - (1 << bits) if signed and value >= 1 << (bits - 1) else value


def random_float(bits):
    form, as_int = ("<f", "<I") if bits == 32 else ("<d", "<Q")
    nan = 0x7fc00000 if bits == 32 else 0x7ff8000000000000
    value = struct.unpack(form, struct.pack(as_int, R.getrandbits(bits)))[0]
    if math.isnan(value) or R.random() < 0.1:
        value = R.choice([0.0, -0.0, math.inf, -math.inf, 1.5,
                          struct.unpack(form, struct.pack(as_int, nan))[0]])
    return value


def random_value(t, encoding):
    t = d.despecialize(t)
    match t:
        case d.BoolType():
            return R.random() < 0.5
        case d.CharType():
            return R.choice(["a", "\x7f", "\ud7ff", "\ue000", "\U0010ffff", chr(R.randrange(0xd800))])
        case d.F32Type():
            return random_float(32)
        case d.F64Type():
            return random_float(64)
        case d.StringType():
            return tagged(random_text(), encoding)
        case d.PrimValType():
            name = type(t).__name__[:-4]
            return random_int(int(name[1:]), name[0] == "S")
        case d.OwnType() | d.BorrowType():
            return R.randint(1000, 2000)
        case d.ListType():
            n = R.choice([0, 1, 1, 2, 3, 9]) if t.l is None else t.l
            return [random_value(t.t, encoding) for _ in range(n)]
        case d.RecordType():
            return {f.label: random_value(f.t, encoding) for f in t.fields}
        case d.VariantType():
            c = R.choice(t.cases)
            return {c.label: None if c.t is None else random_value(c.t, encoding)}
        case d.FlagsType():
            return {label: R.random() < 0.5 for label in t.labels}


def as_host(value):
    """The same value with UTF-8 strings."""
    match value:
        case tuple():
            return value[0], "utf8", len(value[0].encode())
        case list():
            return [as_host(v) for v in value]
        case dict():
            return {k: as_host(v) for k, v in value.items()}
    return value


def has_nan(value):
    match value:
        case float():
            return math.isnan(value)
        case list():
            return any(has_nan(v) for v in value)
        case dict():
            return any(has_nan(v) for v in value.values())
    return False


# ---- guests ----

class Guest:
    def __init__(self, encoding, size, manner, start=0):
        self.memory = d.MemInst(bytearray(size), "i32")
        self.manner, self.next, self.calls = manner, start, []
        self.inst = d.ComponentInstance(d.Store())
        self.cx = d.LiftLowerContext(d.LiftLowerOptions(encoding, self.memory), self.inst)
        self.cx.reallocate = self.reallocate

    def reallocate(self, old, old_size, align, size):
        self.calls.append((old, old_size, align, size))
        bytes_ = self.memory.bytes
        if self.manner == "trapping":
            raise Named("UNREACHABLE")
        if self.manner == "outside":
            return d.align_to(len(bytes_) - size + 1, 8) & 0xffffffff
        if self.manner == "inside":
            return 8
        if old_size and size <= old_size:
            return old
        self.next = d.align_to(self.next, align)
        at = self.next
        self.next += size
        if self.manner == "growing":
            bytes_.extend(bytes(max(0, self.next - len(bytes_)) + 64))
        if self.next > len(bytes_):
            raise Named("UNREACHABLE")
        bytes_[at:at + old_size] = bytes_[old:old + old_size]
        return at + (1 if self.manner == "misaligned" else 0)

    def slots(self, values, t):
        out = []
        for v, core in zip(values, d.flatten_type(t, self.cx.opts), strict=True):
            if core == "f32":
                v = d.core_i32_reinterpret_f32(v)
            elif core == "f64":
                v = d.core_i64_reinterpret_f64(v)
            out.append(v)
        return out

    def core_values(self, slots, t):
        out = []
        for v, core in zip(slots, d.flatten_type(t, self.cx.opts), strict=True):
            v &= 0xffffffff if core[1:] == "32" else 0xffffffffffffffff
            if core == "f32":
                v = d.core_f32_reinterpret_i32(v)
            elif core == "f64":
                v = d.core_f64_reinterpret_i64(v)
            out.append(v)
        return d.CoreValueIter(out)

    def text(self):
        return f"{len(self.memory)}:{bytes(self.memory.bytes).rstrip(bytes(1)).hex()}"


class Lenders(d.Subtask):
    def __init__(self):
        pass

    def add_lender(self, handle):
        handle.num_lends += 1


class Borrowers(d.Task):
    def __init__(self):
        self.num_borrows = 0


def hexes(slots):
    return ",".join(f"{v:x}" for v in slots)


def lower(t, value, b, to):
    """What the lowering of a value into B gives, as text."""
    b.cx.borrow_scope = Borrowers()
    try:
        if to == "s":
            slots = b.slots(d.lower_flat(b.cx, value, t), t)
        elif to == "a":
            slots = d.lower_flat_values(b.cx, -1, [value], [t])
        else:
            d.lower_flat_values(b.cx, -1, [value], [t], d.CoreValueIter([int(to[2:])]))
            slots = []
    except Named as trapped:
        return f"trap:{trapped.name}"
    calls = ";".join(",".join(map(str, call)) for call in b.calls)
    return f"{hexes(slots) or '-'} {b.text()} {calls or '-'}"


def lift(t, a, source):
    a.cx.borrow_scope = Lenders()
    # Handles that A has: 1 to 40, every fifth lent, every seventh a borrow.
    for i in range(1, 41):
        handle = d.ResourceHandle(RESOURCE, 1000 + i, i % 7 != 0)
        handle.num_lends = 1 if i % 5 == 0 else 0
        a.inst.handles.add(handle)
    if source[0] == "m":
        return d.lift_flat_values(a.cx, -1, d.CoreValueIter([source[1]]), [t])[0]
    return d.lift_flat(a.cx, a.core_values(source[1], t), t)


def vector():
    t, text = (d.StringType(), "string") if R.random() < 0.15 else random_type(R.randint(0, 3))
    flat = d.flatten_type(t, d.LiftLowerOptions("utf8", d.MemInst(bytearray(), "i32")))
    size = d.elem_size(t, "i32")
    if len(flat) > 40 or size > 400 or len(text) > 300:
        return None
    encodings = ["utf8", "utf16", "latin1+utf16"]
    a_encoding, b_encoding = R.choice(encodings), R.choice(encodings)

    # The source: a good value, sometimes with something changed.
    a = Guest(a_encoding, 4096, "honest", start=d.align_to(size, 8) + 8)
    value = random_value(t, a_encoding)
    a.cx.borrow_scope = Borrowers()
    in_slots = R.random() < 0.5 and len(flat) <= 16
    if in_slots:
        try:
            slots = a.slots(d.lower_flat(a.cx, value, t), t)
        except Named:
            return None
        source = ("s", slots)
    else:
        try:
            d.lower_flat_values(a.cx, -1, [value], [t], d.CoreValueIter([0]))
        except Named:
            return None
        source = ("m", 0)
    if a.next > 1500:
        return None
    used = d.align_to(a.next, 8) + 8
    del a.memory.bytes[used:]
    a.inst.handles = d.Table()
    manner = R.choice(["honest"] * 4 + ["growing"] * 2 + ["misaligned", "outside", "trapping", "inside"])
    changes = 0
    if manner in ("honest", "growing") and R.random() < 0.5:
        changes = R.randint(1, 3)
    for _ in range(changes):
        if in_slots and R.random() < 0.6:
            i = R.randrange(len(slots))
            slots[i] = R.choice([slots[i] ^ 1 << R.randrange(64), R.getrandbits(64), 0xffffffff,
                                 slots[i] + 1, used, 1 << 28, 0x80000000 | slots[i]])
            slots[i] &= 0xffffffff if flat[i][1:] == "32" else 0xffffffffffffffff
        elif source[0] == "m" and R.random() < 0.1:
            source = ("m", R.choice([1, 2, 4, 8, used, used - size, 0xfffffff8]))
        else:
            i = R.randrange(d.align_to(size, 8), used) if text == "string" else R.randrange(used)
            a.memory.bytes[i] = R.choice([0, 1, 255, 0x80, a.memory.bytes[i] ^ 1 << R.randrange(8), 0xc3,
                                          0xed, 0xd8, 0xdc])
    a_text = a.text()
    try:
        value = lift(t, a, source)
        if changes and has_nan(value):
            return None
        trapped = None
    except Named as got:
        trapped = got.name
    to = R.choice(["s", "s", "m:8", "a"]) if len(flat) <= 16 else R.choice(["m:8", "a"])
    if not trapped and R.random() < 0.03:
        to = R.choice(["m:4", "m:1", "m:4090", "m:4294967288"])
    if trapped and manner not in ("honest", "growing"):
        return None  # which of the two traps is met first is not prescribed
    results = []
    b_size = 16384 if manner != "growing" else d.align_to(size, 8) + 16
    for encoding in ("own", "host"):
        b = Guest(b_encoding, b_size, manner, start=d.align_to(size, 8) + 16)
        if trapped:
            results.append(f"trap:{trapped}")
        else:
            results.append(lower(t, value if encoding == "own" else as_host(value), b, to))
    if results[1] == results[0]:
        results[1] = "="
    start = f"s:{hexes(source[1])}" if source[0] == "s" else f"m:{source[1]}"
    return (f"{text} {a_encoding} {a_text} {start} | {b_encoding} {b_size} {manner} {to} | "
            f"{results[0]} | {results[1]}")


count = int(sys.argv[2])
while count:
    line = vector()
    if line:
        print(line)
        count -= 1
