# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs one component as tests/wasi/run says, with the Python package of wasmtime."""
import json
import os
import sys

import wasmtime
from wasmtime import component


def main():
    said = json.loads(sys.argv[1])
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = [os.path.basename(said["wasm"])] + said["args"]
    wasi.env = list(said["env"].items())
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    if said["root"]:
        wasi.preopen_dir(said["root"], "/")
    store.set_wasi(wasi)
    linker = component.Linker(engine)
    linker.add_wasip2()
    linker.add_wasi_http()
    store.set_wasi_http()
    guest = component.Component.from_file(engine, said["wasm"])
    instance = linker.instantiate(store, guest)
    index = None
    for minor in range(12, -1, -1):
        interface = guest.get_export_index(f"wasi:cli/run@0.2.{minor}")
        if interface:
            index = guest.get_export_index("run", interface)
            break
    try:
        result = instance.get_func(store, index)(store)
    except wasmtime.ExitTrap as error:
        return error.code
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        print(error, file=sys.stderr)
        return 134
    return 1 if getattr(result, "tag", result) in ("err", False) or str(result).startswith("Err") else 0


if __name__ == "__main__":
    sys.exit(main())
