// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// differ_node.mjs FOLDER: runs each N.wasm of the folder and compares what it does with N.txt
// (tests/transcript.h). The last line says how many agree.
import { readdirSync, readFileSync } from 'node:fs';

const words = new DataView(new ArrayBuffer(8));
const read = {
  i32: (bits) => Number(BigInt.asIntN(32, bits)),
  i64: (bits) => BigInt.asIntN(64, bits),
  f32: (bits) => (words.setUint32(0, Number(bits)), words.getFloat32(0)),
  f64: (bits) => (words.setBigUint64(0, bits), words.getFloat64(0)),
};
const value = (text) => {
  const [type, bits] = text.split(':');
  return bits === 'nan' ? NaN : read[type](BigInt('0x' + bits));
};

// Traps by what both call them.
const traps = [
  ['unreachable', /^unreachable/, /^unreachable/],
  ['memory', /memory access/, /memory access out of bounds|data segment/],
  ['table', /table access|undefined element/, /table index|table access|element segment|out of bounds/],
  ['callee', /uninitialized element|call type mismatch/, /null function|signature mismatch/],
  ['divide', /divide by zero/, /by zero/],
  ['convert', /invalid conversion|integer overflow/, /unrepresentable/],
  ['stack', /stack exhausted/, /call stack/],
];
const kind = (text, column) => (traps.find((row) => row[column].test(text)) ?? [text])[0];

const hash = (memory) => {
  let h = 2166136261;
  for (const byte of new Uint8Array(memory.buffer)) h = Math.imul(h ^ byte, 16777619);
  return (h >>> 0).toString(16);
};

const check = (exports, line) => {
  if (line.startsWith('m0 ')) return hash(exports.m0) === line.slice(3) ? '' : 'another memory';
  const [left, right] = line.split(' =');
  const [name, ...args] = left.split(' ');
  let got;
  try {
    got = exports[name](...args.map(value));
  } catch (error) {
    const expected = right.startsWith(' trap ') ? kind(right.slice(6), 1) : 'no trap';
    const found = kind(error.message, 2);
    return expected === found ? '' : `trap: ${error.message}`;
  }
  if (right.startsWith(' trap ')) return 'no trap';
  const results = got === undefined ? [] : Array.isArray(got) ? got : [got];
  const expected = right.split(' ').filter(Boolean).map(value);
  const same = results.length === expected.length && results.every((x, i) => Object.is(x, expected[i]));
  return same ? '' : `gives ${results.join(' ')}`;
};

const folder = process.argv[2];
let passed = 0, failed = 0;
for (const file of readdirSync(folder).filter((name) => name.endsWith('.wasm'))) {
  const module = new WebAssembly.Module(readFileSync(`${folder}/${file}`));
  const lines = readFileSync(`${folder}/${file.replace('.wasm', '.txt')}`, 'utf8').trim().split('\n');
  const host = {};
  for (const { name } of WebAssembly.Module.imports(module)) host[name] = () => host[name].zero;
  for (const line of lines.filter((text) => text.startsWith('h'))) {
    const [name, ...results] = line.split(' ');
    const zeros = results.map((type) => (type === 'i64' ? 0n : 0));
    host[name].zero = zeros.length > 1 ? zeros : zeros[0];
  }
  const { exports } = new WebAssembly.Instance(module, { host });
  let bad = '';
  for (const line of lines.filter((text) => text && !text.startsWith('h'))) {
    bad = check(exports, line);
    if (!bad) continue;
    console.log(`${file}: ${line}: ${bad}`);
    break;
  }
  bad ? failed++ : passed++;
}
console.log(`node: ${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
