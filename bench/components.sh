#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What `make bench-components` prints: what a call of a component costs, by another one and by the host.
# CALLS (500000) is the number of calls of each kind. No other engine stands beside: one that is called from
# a scripting language would be measured by that language.
set -u
cd "$(dirname "$0")/.." || exit 1
. bench/figures.sh
figures 3-components
cc -O2 -std=gnu11 -I. -o "$bench/components" bench/components.c build/obj-release/libwitc.a -lm -pthread &&
    "$bench/components" "${CALLS:-500000}" >"$figures_file" && summary
