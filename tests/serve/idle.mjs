// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// idle.mjs PORT PID VERSION N MOST: N clients that have been answered and stay. All of them are kept, the next is
// answered, and none takes more than MOST bytes of the server's memory (a build with sanitizers has other sizes).
import fs from 'node:fs';
import net from 'node:net';

const [port, pid, version, count, most] = process.argv.slice(2);
let passed = 0, failed = 0;
const check = (name, good, what) => {
    if (good) { passed++; return; }
    failed++;
    console.log(`FAILED: idle: ${name}: ${JSON.stringify(what)}`);
};
const frame = (type, flags, id, payload) => Buffer.concat([Buffer.from([0, 0, payload.length, type, flags, 0, 0, 0, id]), payload]);
const field = ([name, value]) => Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]);
const fields = Buffer.concat([[':method', 'GET'], [':scheme', 'http'], [':authority', 'a'], [':path', '/']].map(field));
const request = version === '2'
    ? Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0, Buffer.alloc(0)), frame(1, 5, 1, fields)])
    : 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const memory = () => Number(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) * 1024;
let ended = 0;

// A client once it is answered; null: it is not.
const ask = () => new Promise(done => {
    const socket = net.connect({ port, host: '127.0.0.1' }, () => socket.write(request));
    let text = '';
    socket.on('data', d => {
        text += d.toString('latin1');
        if (text.includes('hello\n')) done(socket);
        else if (/^HTTP\/1.1 [345]/.test(text)) done(null);
    });
    socket.on('close', () => { ended++; done(null); });
    socket.on('error', () => { });
});
const askAll = async n => {
    const all = [];
    while (all.length < n) all.push(...await Promise.all(Array.from({ length: Math.min(64, n - all.length) }, ask)));
    return all;
};

await askAll(64); // what the first need for all
const before = memory();
const all = await askAll(Number(count));
const each = Math.round((memory() - before) / count);
check(`HTTP/${version}: all are answered`, all.every(s => s), all.filter(s => !s).length);
check('the next, too', await ask(), null);
check('all stay', ended === 0, ended);
const name = `HTTP/${version}: each of ${count} idle connections takes ${each} bytes`;
check(name, each <= most || /asan/.test(fs.readlinkSync(`/proc/${pid}/exe`)), most);
console.log(name);
all.forEach(s => s?.resetAndDestroy?.());
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
