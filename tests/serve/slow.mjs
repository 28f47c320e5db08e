// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// slow.mjs PORT: clients of `witc serve` whose bodies come byte by byte, or are not taken by the handler; by HTTP/1.1,
// and by HTTP/2 where the server has it. The server has tests/serve/handler.c, --body-timeout 1s and a --min-body-rate
// that a byte now and then is far below; how fast this machine is does not matter.
import net from 'node:net';
import http2 from 'node:http2';

const port = process.argv[2];
let passed = 0, failed = 0;
const check = (name, good, what) => {
    if (good) { passed++; return; }
    failed++;
    console.log(`FAILED: slow: ${name}: ${JSON.stringify(what)?.slice(0, 400)}`);
};

// Both give [status, text, whether it was cut], and send `bytes` of a body of `length`, every 20 ms; 0: no more.
function ask1(path, bytes, length = 100000) {
    return new Promise(done => {
        let text = '', timer;
        const socket = net.connect({ port, host: '127.0.0.1' }, () => {
            socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(bytes || length / 2)}`);
            if (bytes) timer = setInterval(() => socket.write('x'.repeat(bytes)), 20);
        });
        const end = how => {
            clearInterval(timer);
            socket.destroy();
            done([Number(text.match(/^HTTP\/1\.1 (\d+)/)?.[1] ?? 0), text, how]);
        };
        socket.on('data', d => { text += d; if (/slept/.test(text)) end('whole'); });
        socket.on('end', () => end('cut'));
        socket.on('error', e => end(e.code));
    });
}
function ask2(path, bytes, length = 100000) {
    return new Promise(done => {
        let text = '', timer, status = 0;
        const client = http2.connect(`http://127.0.0.1:${port}`).on('error', () => done(null));
        const stream = client.request({ ':method': 'POST', ':path': path, 'content-length': length });
        stream.write('x'.repeat(bytes || length / 2));
        if (bytes) timer = setInterval(() => stream.write('x'.repeat(bytes)), 20);
        stream.on('response', h => { status = h[':status']; });
        stream.on('data', d => { text += d; if (/slept/.test(text)) stream.close(); });
        stream.on('error', () => { });
        stream.on('close', () => {
            clearInterval(timer);
            client.destroy();
            done([status, text, stream.rstCode ? 'cut' : 'whole']);
        });
    });
}

for (const [version, ask] of [['HTTP/1.1', ask1], ['HTTP/2', ask2]]) {
    let r = await ask('/trailers', 1);
    if (!r) { console.log('without HTTP/2'); break; }
    check(`${version}: a byte now and then`, r[0] === 408, r);
    r = await ask('/echo', 1);
    check(`${version}: after the answer has begun`, r[0] === 200 && r[2] !== 'whole', r);
    r = await ask('/sleep?2500', 0, 20);
    check(`${version}: a body that the handler does not take`, r[0] === 200 && /slept/.test(r[1]), r);
}
// What nobody wants is not waited for longer. (A stream of HTTP/2 ends with its answer.)
const r = await ask1('/', 1);
check('a body that nobody wants', r[0] === 200 && /hello/.test(r[1]) && r[2] !== 'whole', r);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
