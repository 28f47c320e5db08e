// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs one component as tests/wasi/run says, with jco: what it says is the first argument.
import { createRequire } from 'node:module';
import { mkdtempSync, mkdirSync, writeFileSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, basename } from 'node:path';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';

process.on('uncaughtException', (error) => { console.error(error); process.exit(134); });
const said = JSON.parse(process.argv[2]);
const modules = join(said.jco, 'node_modules');
const load = (path) => import(pathToFileURL(createRequire(join(said.jco, 'x.js')).resolve(path)));
const { transpile } = await load('@bytecodealliance/jco');
const folder = mkdtempSync(join(tmpdir(), 'wasi-suite-jco-'));
symlinkSync(modules, join(folder, 'node_modules'));
const { files } = await transpile(readFileSync(said.wasm), { name: 'component' });
for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
}
writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
writeFileSync(join(folder, 'main.js'), `
import { _setPreopens } from '@bytecodealliance/preview2-shim/filesystem';
import { _setArgs, _setEnv } from '@bytecodealliance/preview2-shim/cli';
import { _denyDnsLookup, _denyTcp, _denyUdp } from '@bytecodealliance/preview2-shim/sockets';
const said = ${JSON.stringify({ ...said, name: basename(said.wasm) })};
_setPreopens(said.root ? { '/': said.root } : {});
_setArgs([said.name, ...said.args]);
_setEnv(said.env);
if (!said.network) _denyDnsLookup(), _denyTcp(), _denyUdp();
const { run } = await import('./component.js');
try {
    run.run();
    process.exit(0);
} catch (error) {
    if (error?.payload !== undefined || error?.constructor?.name === 'ComponentError') process.exit(1);
    console.error(error);
    process.exit(134);
}
`);
await import(pathToFileURL(join(folder, 'main.js')));
