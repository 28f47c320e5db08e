# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Folders that programs of the suite are granted.

A guest cannot make pipes, sockets or links that are absolute, so these are made here. The kind of a
folder is what its name ends in: `stat-at.paths` is made by `paths`. Beside the folders of one place
stands `outside`, which nothing may reach.
"""
import os
import shutil
import socket

SUFFIXES = 6  # of c/paths.c


def write(path, content):
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)


def make_socket(folder, name):
    """A socket file; by a relative name, because those of sockets are short."""
    here = os.getcwd()
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(name)
    finally:
        os.chdir(here)


def empty(_folder):
    pass


def paths(folder):
    """What c/paths.c says: each target once for each suffix, followed or not."""
    base = os.path.join(folder, "base")
    outside = os.path.join(os.path.dirname(os.path.abspath(folder)), "outside")
    os.mkdir(base)
    for mode in "NF":
        for i in range(SUFFIXES):
            end = f"-{mode}{i}"

            def link(name, to):
                os.symlink(to, os.path.join(folder, name + end))

            write(os.path.join(folder, "file" + end), "content")
            write(os.path.join(base, "file" + end), "content")
            os.mkdir(os.path.join(folder, "dir" + end))
            os.mkdir(os.path.join(base, "dir" + end))
            os.mkfifo(os.path.join(folder, "fifo" + end))
            make_socket(folder, "socket" + end)
            link("link-file", "base/file" + end)
            link("link-dir", "base/dir" + end)
            link("link-up-and-in", f"base/dir{end}/../../base/file{end}")
            for k in range(7):
                to = f"chain-{k + 1}{end}" if k < 6 else "file" + end
                os.symlink(to, os.path.join(base, f"chain-{k}{end}"))
            link("chain", "base/chain-0" + end)
            link("dangling", "base/missing" + end)
            link("loop", "base/loop" + end)
            os.symlink("../loop" + end, os.path.join(base, "loop" + end))
            link("out-file", "../outside/file")
            link("out-dir", "../outside/dir")
            link("out-missing", "../outside/missing")
            link("out-and-back", f"../{os.path.basename(folder)}/base/file{end}")
            link("absolute-file", os.path.join(outside, "file"))
            link("absolute-dir", os.path.join(outside, "dir"))
            link("absolute-proc", "/proc/self/root")


KINDS = {"empty": empty, "paths": paths}


def is_made(name):
    """Whether it is one of these, and no folder that somebody else has prepared."""
    return name.rpartition(".")[2] in KINDS


def make(place, name):
    """The folder `name` below `place`, anew, and the one outside of it."""
    folder, outside = os.path.join(place, name), os.path.join(place, "outside")
    for old in folder, outside:
        if os.path.lexists(old):
            shutil.rmtree(old)
    os.mkdir(folder)
    KINDS[name.rpartition(".")[2]](folder)
    os.makedirs(os.path.join(outside, "dir"))
    write(os.path.join(outside, "file"), "nobody's business")


def state_outside(place):
    """What a guest that got out could have changed."""
    state = []
    for folder, names, files in os.walk(os.path.join(place, "outside")):
        for name in sorted(names + files):
            path = os.path.join(folder, name)
            info = os.lstat(path)
            state.append((path, info.st_mode, info.st_size, info.st_mtime_ns, info.st_nlink))
    return sorted(state)
