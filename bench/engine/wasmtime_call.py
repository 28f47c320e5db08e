# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# wasmtime_call.py [TARGET] MODULE: calls its `bench` with the Python package wasmtime and prints the
# checksum and the CPU seconds of the faster of two calls, without those of compiling. Cranelift
# makes code for this machine, or for TARGET: pulley64 is wasmtime's interpreter.
import sys
import time
import wasmtime

config = wasmtime.Config()
if len(sys.argv) > 2:
    config.target = sys.argv[1]
store = wasmtime.Store(wasmtime.Engine(config))
module = wasmtime.Module.from_file(store.engine, sys.argv[-1])
bench = wasmtime.Instance(store, module, []).exports(store)["bench"]
best = float("inf")
for _ in range(2):
    start = time.process_time()
    checksum = bench(store)
    best = min(best, time.process_time() - start)
print(checksum & 0xFFFFFFFF, f"{best:.6f}")
