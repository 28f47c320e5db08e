#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# wasi-soak.sh [CALLS]: a guest makes CALLS (10,000,000) calls of the host. Tells the memory and the
# descriptors of witc after a tenth of them and in the end; fails where either has grown.
cd "$(dirname "$0")/.." || exit 1
calls=${1:-10000000}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/wit" "$tmp/root"
cp tests/wasi/wit/suite.wit "$tmp/wit" && cp -r wasi/wit/deps "$tmp/wit"
rename() { printf ' --rename wasi:%s@0.2.12=%s' "$1" "$2"; }
# shellcheck disable=SC2046
build/witc build bench/wasi-soak.c --wit "$tmp/wit" -w suite --style native --no-sig-flattening --libc none \
    $(rename cli/environment env) $(rename filesystem/types fs) $(rename filesystem/preopens preopens) \
    $(rename io/poll poll) $(rename clocks/monotonic-clock mono) $(rename http/types http) \
    -o "$tmp/soak.wasm" || exit 1
python3 - "$tmp" "$calls" <<'END'
import os, subprocess, sys, time
tmp, calls = sys.argv[1], int(sys.argv[2])
def run(n):
    guest = subprocess.Popen(["build/witc", "run", "--dir", tmp + "/root::/", tmp + "/soak.wasm", str(n)])
    most, descriptors = 0, 0
    while guest.poll() is None:
        try:
            with open(f"/proc/{guest.pid}/status", encoding="ascii") as status:
                for line in status:
                    if line.startswith("VmRSS"):
                        most = max(most, int(line.split()[1]))
            descriptors = max(descriptors, len(os.listdir(f"/proc/{guest.pid}/fd")))
        except OSError:
            pass
        time.sleep(0.02)
    if guest.returncode:
        raise SystemExit(f"the guest ended with status {guest.returncode}")
    print(f"{n:>10} calls: {most} KiB, {descriptors} descriptors at most")
    return most, descriptors
few, many = run(calls // 10), run(calls)
grown = many[0] > few[0] + 512 or many[1] > few[1] + 1
print("soak: it has grown" if grown else "soak: nothing has grown")
sys.exit(grown)
END
