# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How wasi-testsuite's runner (doc/adapters.md there) and tests/wasi/run --adapter start `witc run`.

The variable WITC has its command; without it, it is looked for in PATH.
"""
import json
import os
import shlex
import subprocess

WITC = shlex.split(os.getenv("WITC", "witc"))
NETWORK = ("tcp:*:*", "udp:*:*", "listen:*:*", "dns")


def get_name():
    return "witc"


def get_version():
    said = subprocess.run(WITC + ["--version"], encoding="utf-8", capture_output=True, check=True)
    return said.stdout.split()[-1]


def get_wasi_versions():
    return ["wasm32-wasip1", "wasm32-wasip2"]


def get_wasi_worlds():
    return ["wasi:cli/command"]


def get_timeout_seconds():
    return 60


def more_of(test_path):
    """What only this suite's specifications say: the runner leaves it alone."""
    path = test_path[:-len("wasm")] + "json"
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def compute_argv(test_path, args_env_root, proposals, _wasi_world, _wasi_version):
    args, env, root = args_env_root
    more = more_of(test_path)
    words = WITC + ["run"]
    for name, value in env.items():
        words += ["--env", f"{name}={value}"]
    if root:
        words += ["--dir", f"{root}::/{more.get('root_options', '')}"]
    for rule in NETWORK if "sockets" in proposals else ["tcp:127.0.0.1:*"] if "http" in proposals else []:
        words += ["--net-allow", rule]
    for feature in more.get("unstable", []):
        words += ["--features", feature]
    return words + [test_path] + args
