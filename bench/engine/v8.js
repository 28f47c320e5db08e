// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// v8.js MODULE: calls its `bench` three times in node and prints the checksum and the CPU seconds of
// the fastest, so that compiling, which goes on beside the first call, does not count.
const instance = new WebAssembly.Instance(
    new WebAssembly.Module(require('fs').readFileSync(process.argv[2])));
let best = Infinity, checksum;
for (let i = 0; i < 3; i++) {
    const from = process.cpuUsage();
    checksum = instance.exports.bench() >>> 0;
    const spent = process.cpuUsage(from);
    best = Math.min(best, (spent.user + spent.system) / 1e6);
}
console.log(`${checksum} ${best}`);
