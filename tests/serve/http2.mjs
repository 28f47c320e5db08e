// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// http2.mjs PORT ADMIN_PORT LOG: `witc serve` before clients of HTTP/2: node's own for what is good, and one that sends
// frames byte by byte for what is not. The server has tests/serve/handler.c and the limits of tests/serve.sh.
import net from 'node:net';
import fs from 'node:fs';
import http2 from 'node:http2';

const [port, adminPort, logFile] = process.argv.slice(2);
let passed = 0, failed = 0;
const check = (name, good, what) => {
    if (good) { passed++; return; }
    failed++;
    console.log(`FAILED: http2: ${name}: ${JSON.stringify(what)?.slice(0, 400)}`);
};
const sleep = ms => new Promise(done => setTimeout(done, ms));

// ---- frames ----

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const DATA = 0, HEADERS = 1, PRIORITY = 2, RST = 3, SETTINGS = 4, PUSH = 5, PING = 6, GOAWAY = 7, WINDOW = 8, CONTINUATION = 9;
const END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8;
const NO_ERROR = 0, PROTOCOL = 1, INTERNAL = 2, FLOW = 3, CLOSED = 5, SIZE = 6, CANCEL = 8, COMPRESSION = 9, CALM = 11;
const frame = (type, flags, id, payload = '') => {
    const bytes = Buffer.from(payload, 'latin1'), head = Buffer.alloc(9);
    head.writeUIntBE(bytes.length, 0, 3);
    head[3] = type, head[4] = flags;
    head.writeUInt32BE(id, 5);
    return Buffer.concat([head, bytes]);
};
const u32 = n => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };
// A number of HPACK with a prefix of `bits`.
const number = (n, bits, first = 0) => {
    const most = (1 << bits) - 1, bytes = [];
    if (n < most) return Buffer.from([first | n]);
    bytes.push(first | most);
    for (n -= most; n >= 128; n = n >> 7) bytes.push(n % 128 + 128);
    return Buffer.from([...bytes, n]);
};
const field = (name, value) => Buffer.concat([Buffer.from([0]), number(name.length, 7), Buffer.from(name, 'latin1'), number(value.length, 7), Buffer.from(value, 'latin1')]);
const fields = list => Buffer.concat(list.map(f => field(...f)));
const usual = (path = '/', method = 'GET') => [[':method', method], [':scheme', 'http'], [':authority', 'a'], [':path', path]];
const get = (id, path = '/', more = []) => frame(HEADERS, END_STREAM | END_HEADERS, id, fields([...usual(path), ...more]));
const post = (id, path = '/', more = []) => frame(HEADERS, END_HEADERS, id, fields([...usual(path, 'POST'), ...more]));

// Sends pieces (numbers: pauses in ms) after the preface and settings, and gives the frames that have come until the
// server ends, or `until` holds.
function talk(pieces, { until, ms = 4000, settings = '', bare = false, half = false } = {}) {
    return new Promise(done => {
        let got = Buffer.alloc(0), all = [], over = false;
        const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: half });
        const finish = how => {
            if (over) return;
            over = true;
            clearTimeout(timer);
            socket.destroy();
            done({ frames: all, how, rest: got.toString('latin1') });
        };
        const timer = setTimeout(() => finish('time'), ms);
        socket.on('data', d => {
            got = Buffer.concat([got, d]);
            while (got.length >= 9 && got.length >= 9 + got.readUIntBE(0, 3)) {
                const n = got.readUIntBE(0, 3);
                const f = { type: got[3], flags: got[4], id: got.readUInt32BE(5), payload: got.subarray(9, 9 + n) };
                all.push(f);
                got = got.subarray(9 + n);
            }
            if (until?.(all)) finish('until');
        });
        socket.on('end', () => finish('end'));
        socket.on('error', e => finish(e.code));
        socket.on('connect', async () => {
            if (!bare) socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0, settings), frame(SETTINGS, ACK, 0)]));
            for (const p of [].concat(pieces)) {
                if (over) return;
                if (typeof p === 'number') await sleep(p);
                else if (!socket.write(p)) await Promise.race([new Promise(r => socket.once('drain', r)), sleep(500)]);
            }
            if (half) socket.end();
        });
    });
}
const code = (r, type, id = 0) => {
    const f = r.frames.findLast(x => x.type === type && x.id === id);
    return f && f.payload.readUInt32BE(type === GOAWAY ? 4 : 0);
};
const ends = (all, id) => all.some(f => f.id === id && (f.type === RST || (f.flags & END_STREAM && (f.type === DATA || f.type === HEADERS))));
// The status of the first response of a connection: one of the static table, or a literal whose digits are as HPACK's
// code of Huffman has them.
const status = (r, id = 1) => {
    const p = r.frames.find(f => f.type === HEADERS && f.id === id)?.payload;
    if (!p) return 0;
    if (p[0] > 0x80) return [200, 204, 206, 304, 400, 404, 500][p[0] - 0x88];
    const bits = [...p.subarray(2, 2 + (p[1] & 127))].map(b => b.toString(2).padStart(8, '0')).join('');
    let text = '', at = 0;
    while (text.length < 3 && p[1] & 128) {
        const short = parseInt(bits.slice(at, at + 5), 2);
        if (short < 3) text += short, at += 5;
        else text += parseInt(bits.slice(at, at + 6), 2) - 0x19 + 3, at += 6;
    }
    return Number(p[1] & 128 ? text : p.subarray(2, 5).toString());
};
const ended = id => all => ends(all, id);
const gone = all => all.some(f => f.type === GOAWAY);

const metric = async name => (await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text())
    .match(new RegExp(`^witc_serve_${name} (\\d+)`, 'm'))?.[1] | 0;
const settled = async () => {
    for (let i = 0; i < 100 && await metric('requests_in_flight'); i++) await sleep(20);
    return metric('requests_in_flight');
};

// ---- a good client ----

// One request; `head` may have a method and fields, `body` be sent with it.
const ask = (client, path, head = {}, body, trailers) => new Promise(done => {
    const r = { status: 0, head: {}, body: '', trailers: {}, continued: false };
    const stream = client.request({ ':path': path, ...head }, { endStream: body === undefined, waitForTrailers: Boolean(trailers) });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.on('continue', () => { r.continued = true; stream.end(body); });
    stream.on('response', h => { r.status = h[':status']; r.head = h; });
    stream.on('trailers', t => { r.trailers = t; });
    stream.setEncoding('latin1');
    stream.on('data', d => { r.body += d; });
    stream.on('error', () => { });
    stream.on('close', () => { r.code = stream.rstCode; done(r); });
    r.stream = stream;
    if (body !== undefined && !head.expect) stream.end(body);
});
const connect = () => {
    const client = http2.connect(`http://127.0.0.1:${port}`);
    client.on('error', () => { });
    return client;
};
const with_client = async use => {
    const client = connect();
    try { await use(client, (...args) => ask(client, ...args)); } finally { client.destroy(); }
};

const tests = {
    async answers() {
        await with_client(async (client, a) => {
            let r = await a('/');
            check('hello', r.status === 200 && r.body === 'hello\n' && r.head['content-length'] === '6' && /GMT$/.test(r.head.date), r);
            for (const n of [201, 404, 418, 599]) check(`status ${n}`, (await a(`/status?${n}`)).status === n);
            for (const n of [204, 304]) {
                r = await a(`/status?${n}`);
                check(`${n} has no body`, r.status === n && !r.body && !('content-length' in r.head), r);
            }
            for (const path of ['/', '/big?5000000']) {
                r = await a(path, { ':method': 'HEAD' });
                check('HEAD has no body', r.status === 200 && !r.body && r.code === 0, r);
            }
            r = await a('/big?3000000');
            check('a large body', r.status === 200 && r.body.length === 3000000, r.body.length);
            const text = 'abcdefg'.repeat(100000);
            r = await a('/echo', { ':method': 'POST' }, text);
            check('a large body both ways', r.body === text && r.code === 0, [r.body.length, r.code]);
            r = await a('/echo', { ':method': 'POST' }, '');
            check('an empty one', r.status === 200 && !r.body, r);
            r = await a('/trailers', { ':method': 'POST' }, 'ab', { 'x-sum': '42' });
            check('trailers both ways', r.trailers['x-sum'] === '42', r);
            r = await a('/head?q', { 'x-a': '1', cookie: ['a=1', 'b=2', 'c=3'] });
            check('the handler sees the head', /path \/head\?q\nauthority 127.0.0.1:\d+\n/.test(r.body) && /^x-a=1$/m.test(r.body), r);
            check('cookies are one field', r.body.match(/^cookie=/gm)?.length === 1 && /^cookie=a=1; b=2; c=3$/m.test(r.body), r);
            r = await a('/echo', { ':method': 'POST', expect: '100-continue' }, 'hi');
            check('100 (Continue)', r.continued && r.body === 'hi', r);
            const rs = await Promise.all(Array.from({ length: 15 }, (_, i) => a(i % 3 ? `/sleep?${100 + i}` : '/')));
            check('streams at a time', rs.every(x => x.status === 200), rs.map(x => x.status));
        });
    },
    async errors() {
        await with_client(async (client, a) => {
            for (const [path, n] of [['/trap', 500], ['/nothing', 500], ['/error', 504], ['/unfinished', 500], ['/length?9', 500], ['/memory?100', 500], ['/sleep?10000', 504]])
                check(path, (await a(path)).status === n, path);
            const r = await a('/cut');
            check('a trap in the middle resets the stream', r.status === 200 && r.code === INTERNAL, r.code);
            check('and the next is served', (await a('/')).status === 200);
            const cancelled = await metric('requests_cancelled_total');
            const going = a('/sleep?1400'), streaming = a('/big?50000000');
            await sleep(100);
            for (const s of await Promise.all([going, streaming].map(p => Promise.race([p, sleep(1).then(() => null)])))) if (s) check('they go on', false, s);
            const all = [client.request({ ':path': '/sleep?1400' }), client.request({ ':path': '/big?50000000' })];
            await sleep(100);
            all.forEach(s => { s.on('error', () => { }); s.close(CANCEL); });
            client.destroy();
            check('a reset cancels the guest', await settled() === 0 && await metric('requests_cancelled_total') >= cancelled + 2);
        });
    },
    async windows() {
        await with_client(async (client, a) => {
            const stalled = client.request({ ':path': '/sleep?1000', ':method': 'POST' });
            stalled.on('error', () => { });
            stalled.write(Buffer.alloc(300000));
            const text = 'x'.repeat(500000);
            const r = await Promise.race([a('/echo', { ':method': 'POST' }, text), sleep(900)]);
            check('a body that nobody takes holds up no other', r?.body === text, r?.body.length);
            stalled.close();
        });
        const none = frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]));
        let r = await talk([none, get(1, '/'), get(3, '/status?204')], { until: ended(1) });
        check('no window for long: the stream is reset', status(r) === 200 && code(r, RST, 1) === CANCEL && ends(r.frames, 3), [r.how, code(r, RST, 1)]);
        r = await talk([post(1, '/echo'), frame(DATA, 0, 1, 'ab')], { until: ended(1) });
        check('a slow body', code(r, RST, 1) === CANCEL || status(r) === 408, [r.how, status(r)]);
        r = await talk([post(1, '/length?5')], { until: ended(1) });
        check('an answer before the body', status(r) === 200 && r.how === 'until', [r.how, status(r)]);
        r = await talk([post(1, '/'), ...Array(40).fill(frame(DATA, 0, 1, Buffer.alloc(1600)))], { until: all => all.some(f => f.type === RST) });
        check('an answer without the body', status(r) === 200 && code(r, RST, 1) === NO_ERROR, [r.how, status(r)]);
        r = await talk([get(1), frame(WINDOW, 0, 1, u32(0x7fffffff)), frame(WINDOW, 0, 1, u32(0x7fffffff)), get(3)], { until: ended(3) });
        check('a window that is too large', ends(r.frames, 3), r.how);
    },
    async times() {
        let r = await talk([], { ms: 3000 });
        check('idle: it says so, and ends', r.how === 'end' && code(r, GOAWAY) === NO_ERROR, r.how);
        r = await talk([frame(HEADERS, END_STREAM, 1, fields(usual()))], { ms: 3500 });
        check('a head that does not end', r.how === 'end' && gone(r.frames), r.how);
        r = await talk([get(1).subarray(0, 20)], { ms: 3500 });
        check('half a frame', r.how === 'end' && gone(r.frames), r.how);
        r = await talk([PREFACE.subarray(0, 20)], { bare: true, ms: 3000 });
        check('half a preface', /^HTTP\/1.1 408/.test(r.rest), r.rest);
        r = await talk([...[...PREFACE].map(b => Buffer.from([b])), frame(SETTINGS, 0, 0), ...[...get(1)].map(b => Buffer.from([b]))], { bare: true, until: ended(1) });
        check('byte by byte', status(r) === 200, r);
        r = await talk([Buffer.from('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n')], { bare: true });
        check('no preface after all', /^HTTP\/1.1 505/.test(r.rest), r.rest);
        r = await talk([Buffer.from('PRIVATE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')], { bare: true });
        check('a method that begins like it', /^HTTP\/1.1 200/.test(r.rest), r.rest);
    },
    async refusals() {
        const asks = async (name, list, want, { body, end = true } = {}) => {
            const bytes = [frame(HEADERS, END_HEADERS | (end && !body ? END_STREAM : 0), 1, fields(list))];
            if (body) bytes.push(frame(DATA, END_STREAM, 1, body));
            const r = await talk([...bytes, 30, get(3)], { until: all => ends(all, 1) && ends(all, 3) });
            const got = status(r) || -code(r, RST, 1);
            check(name, got === want && ends(r.frames, 3), [got, r.how]);
        };
        const without = name => usual().filter(f => f[0] !== name);
        const replaced = (name, value) => usual().map(f => f[0] === name ? [name, value] : f);
        await asks('a name in capitals', [...usual(), ['X-A', '1']], -PROTOCOL);
        await asks('a name with a space', [...usual(), ['x a', '1']], 400);
        await asks('a value with a line feed', [...usual(), ['x', 'a\nb']], 400);
        await asks('a value with a zero', [...usual(), ['x', 'a\0b']], 400);
        await asks('connection', [...usual(), ['connection', 'close']], -PROTOCOL);
        await asks('transfer-encoding', [...usual(), ['transfer-encoding', 'chunked']], -PROTOCOL);
        await asks('upgrade', [...usual(), ['upgrade', 'x']], -PROTOCOL);
        await asks('te', [...usual(), ['te', 'gzip']], -PROTOCOL);
        await asks('te: trailers', [...usual(), ['te', 'trailers']], 200);
        await asks('no path', without(':path'), -PROTOCOL);
        await asks('no method', without(':method'), -PROTOCOL);
        await asks('no scheme', without(':scheme'), -PROTOCOL);
        await asks('no host', without(':authority'), -PROTOCOL);
        await asks('host alone', [...without(':authority'), ['host', 'a']], 200);
        await asks('host that differs', [...usual(), ['host', 'b']], 400);
        await asks('the same host', [...usual(), ['host', 'a']], 200);
        await asks('a user before the host', replaced(':authority', 'me@a'), 400);
        await asks('an empty path', replaced(':path', ''), -PROTOCOL);
        await asks('a path without a slash', replaced(':path', 'a'), -PROTOCOL);
        await asks('a path with a backslash', replaced(':path', '/\\a'), 400);
        await asks('a path with a fragment', replaced(':path', '/a#b'), 400);
        await asks('all', replaced(':path', '*'), -PROTOCOL);
        await asks('two paths', [...usual(), [':path', '/b']], -PROTOCOL);
        await asks('another pseudo-field', [...usual(), [':x', '/b']], -PROTOCOL);
        await asks('a pseudo-field after others', [...without(':path'), ['x', '1'], [':path', '/']], -PROTOCOL);
        await asks(':status', [...usual(), [':status', '200']], -PROTOCOL);
        await asks(':protocol', [...usual('/', 'CONNECT'), [':protocol', 'websocket']], -PROTOCOL);
        await asks('CONNECT', [[':method', 'CONNECT'], [':authority', 'a:1']], 501);
        await asks('a length that is none', [...usual(), ['content-length', '1x']], -PROTOCOL);
        await asks('two lengths', [...usual(), ['content-length', '1'], ['content-length', '2']], -PROTOCOL);
        await asks('less than the length', [...usual('/sleep?300', 'POST'), ['content-length', '9']], -PROTOCOL, { body: 'abc' });
        await asks('more than the length', [...usual('/sleep?300', 'POST'), ['content-length', '1']], -PROTOCOL, { body: 'abc' });
        await asks('no body, and a length', [...usual('/echo', 'POST'), ['content-length', '9']], -PROTOCOL);
        await asks('a long body', [...usual('/echo', 'POST'), ['content-length', '9999999']], 413, { end: false });
        await asks('another expectation', [...usual(), ['expect', 'x']], 417);
        await asks('a long path', replaced(':path', '/' + 'a'.repeat(9000)), 414);
        await asks('a long method', replaced(':method', 'A'.repeat(70)), 501);
        await asks('a long field', [...usual(), ['x', 'a'.repeat(9000)]], 431);
        await asks('many fields', [...usual(), ...Array(200).fill(['x', 'a'])], 431);
        let r = await talk([post(1, '/sleep?300'), ...Array(80).fill(frame(DATA, 0, 1, Buffer.alloc(800))), frame(HEADERS, END_STREAM | END_HEADERS, 1, fields([['cookie', '1']]))], { until: ended(1) });
        check('a trailer that is none', status(r) === 400, [status(r), code(r, RST, 1)]);
        r = await talk([post(1, '/sleep?300'), frame(HEADERS, END_STREAM | END_HEADERS, 1, fields([[':path', '/']]))], { until: ended(1) });
        check('a pseudo-field as a trailer', code(r, RST, 1) === PROTOCOL, r.how);
        // More than --max-body, as windows allow.
        r = await new Promise(done => {
            const client = connect(), body = client.request({ ':method': 'POST', ':path': '/echo' });
            let got = 0;
            body.on('response', h => { got = h[':status']; });
            body.on('data', () => { });
            body.on('error', () => { });
            body.on('close', () => { client.destroy(); done([got, body.rstCode]); });
            body.end(Buffer.alloc(3 << 20));
        });
        check('a body that grows too long', r[0] === 413 || r[1] === PROTOCOL, r);
    },
    async frames() {
        const dies = async (name, bytes, ...codes) => {
            const r = await talk([].concat(bytes), { ms: 3000 });
            check(name, r.how !== 'time' && codes.includes(code(r, GOAWAY)), [r.how, code(r, GOAWAY)]);
        };
        await dies('a head of stream 0', get(0), PROTOCOL);
        await dies('an even stream', get(2), PROTOCOL);
        await dies('a stream of the past', [get(5), get(3)], PROTOCOL, CLOSED, NO_ERROR);
        await dies('data of no stream', frame(DATA, 0, 7, 'a'), PROTOCOL, CLOSED);
        await dies('data of stream 0', frame(DATA, 0, 0, 'a'), PROTOCOL);
        await dies('a reset of no stream', frame(RST, 0, 7, u32(8)), PROTOCOL);
        await dies('a window of no stream', frame(WINDOW, 0, 7, u32(8)), PROTOCOL);
        await dies('windows beyond 2^31', [frame(WINDOW, 0, 0, u32(0x7fffffff)), frame(WINDOW, 0, 0, u32(0x7fffffff))], FLOW);
        await dies('a window of 0', frame(WINDOW, 0, 0, u32(0)), PROTOCOL);
        await dies('a long frame', frame(DATA, 0, 1, Buffer.alloc(20000)), SIZE);
        await dies('a short ping', frame(PING, 0, 0, 'abc'), SIZE);
        await dies('a ping of a stream', frame(PING, 0, 1, 'abcdefgh'), PROTOCOL);
        await dies('settings of a stream', frame(SETTINGS, 0, 1), PROTOCOL);
        await dies('half a setting', frame(SETTINGS, 0, 0, 'abc'), SIZE);
        await dies('an initial window beyond 2^31', frame(SETTINGS, 0, 0, Buffer.from([0, 4, 255, 255, 255, 255])), FLOW);
        await dies('a frame size of 0', frame(SETTINGS, 0, 0, Buffer.from([0, 5, 0, 0, 0, 0])), PROTOCOL);
        await dies('a push', frame(PUSH, END_HEADERS, 1, Buffer.concat([u32(2), fields(usual())])), PROTOCOL);
        await dies('a continuation of nothing', frame(CONTINUATION, END_HEADERS, 1, fields(usual())), PROTOCOL);
        await dies('another frame within a head', [frame(HEADERS, 0, 1, fields(usual())), frame(PING, 0, 0, 'abcdefgh')], PROTOCOL);
        await dies('another head within a head', [frame(HEADERS, 0, 1, fields(usual())), get(3)], PROTOCOL);
        await dies('more padding than frame', frame(HEADERS, END_HEADERS | PADDED, 1, '\xff\x82'), PROTOCOL);
        await dies('an index of no field', frame(HEADERS, END_HEADERS | END_STREAM, 1, Buffer.from([0xff, 0xff, 0x03])), COMPRESSION);
        await dies('half a field', frame(HEADERS, END_HEADERS | END_STREAM, 1, Buffer.from([0, 5, 97])), COMPRESSION);
        await dies('a number without end', frame(HEADERS, END_HEADERS | END_STREAM, 1, Buffer.alloc(40, 0xff)), COMPRESSION);
        let r = await talk([Buffer.concat([PREFACE, get(1)])], { bare: true, ms: 3000 });
        check('no settings first', r.how !== 'time' && code(r, GOAWAY) === PROTOCOL, [r.how, code(r, GOAWAY)]);
        r = await talk([frame(0x77, 0, 1, 'abc'), get(1)], { until: ended(1) });
        check('an unknown frame is passed over', status(r) === 200, r.how);
        r = await talk([frame(PING, 0, 0, 'abcdefgh')], { until: all => all.some(f => f.type === PING) });
        check('a ping', r.frames.some(f => f.type === PING && f.flags === ACK && f.payload.toString() === 'abcdefgh'), r.how);
        const more = [0, 1, 2].map(i => frame(CONTINUATION, i === 2 ? END_HEADERS : 0, 1, field('x-' + i, 'a')));
        r = await talk([frame(HEADERS, END_STREAM, 1, fields(usual('/head'))), ...more], { until: ended(1) });
        check('a head in pieces', status(r) === 200 && r.frames.some(f => /x-2=a/.test(f.payload)), r.how);
        r = await talk([frame(HEADERS, END_STREAM | END_HEADERS | PADDED | 0x20, 1, Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 9]), fields(usual()), Buffer.alloc(3)]))], { until: ended(1) });
        check('padding and priority', status(r) === 200, r.how);
        r = await talk([get(1, '/sleep?300'), frame(GOAWAY, 0, 0, Buffer.concat([u32(0), u32(0)]))]);
        check('who leaves has the answers', status(r) === 200 && ends(r.frames, 1) && r.how === 'end', r.how);
    },
    async halves() {
        let r = await talk([get(1, '/sleep?300'), get(3)], { half: true });
        check('a half-closed client has its answers', status(r) === 200 && ends(r.frames, 1) && status(r, 3) === 200 && r.how === 'end', r.how);
        r = await talk([post(1, '/trailers'), frame(DATA, 0, 1, 'abc'), post(3, '/sleep?300'), get(5, '/sleep?300')], { half: true });
        check('half a body', status(r) === 400 && ends(r.frames, 1) && status(r, 3) === 400 && status(r, 5) === 200 && r.how === 'end', [r.how, status(r), status(r, 3), status(r, 5)]);
        r = await talk([post(1, '/echo'), frame(DATA, 0, 1, 'abc'), 100], { half: true });
        check('half a body, after the answer has begun', status(r) === 200 && ends(r.frames, 1) && r.how === 'end', [r.how, status(r)]);
        r = await talk([frame(HEADERS, END_STREAM, 1, fields(usual()))], { half: true });
        check('half a head', status(r) === 0 && r.how !== 'time', [r.how, status(r)]);
        r = await talk([post(1, '/trailers').subarray(0, 20)], { half: true });
        check('half a frame', status(r) === 0 && r.how !== 'time', [r.how, status(r)]);
    },
    async floods() {
        const calms = async (name, bytes, ...codes) => {
            const r = await talk([].concat(bytes), { ms: 5000 });
            check(name, r.how !== 'time' && [CALM, ...codes].includes(code(r, GOAWAY)), [r.how, code(r, GOAWAY)]);
        };
        const many = (n, make) => Buffer.concat(Array.from({ length: n }, (_, i) => make(2 * i + 1)));
        const refused = await metric('requests_refused_total');
        await calms('requests taken back', many(2000, id => Buffer.concat([get(id, '/sleep?500'), frame(RST, 0, id, u32(CANCEL))])));
        await calms('requests that make the server reset', many(2000, id => Buffer.concat([post(id, '/sleep?500'), frame(WINDOW, 0, id, u32(0))])), PROTOCOL);
        await calms('requests that are no good', Array.from({ length: 80 }, (_, i) => [many(25, id => get(id + 50 * i, 'x')), 3]).flat());
        await calms('more streams than allowed', many(3000, id => get(id, '/sleep?500')), PROTOCOL);
        await calms('pings', many(5000, () => frame(PING, 0, 0, 'abcdefgh')));
        await calms('settings', many(5000, () => frame(SETTINGS, 0, 0)));
        await calms('priorities', many(5000, id => frame(PRIORITY, 0, id + 2, Buffer.from([0, 0, 0, 0, 9]))));
        await calms('unknown frames', many(5000, () => frame(0x77, 0, 0)));
        await calms('empty data', Buffer.concat([post(1, '/sleep?1000'), many(5000, () => frame(DATA, 0, 1))]));
        await calms('windows', Buffer.concat([post(1, '/sleep?1000'), many(5000, () => frame(WINDOW, 0, 1, u32(1)))]));
        await calms('continuations', Buffer.concat([frame(HEADERS, END_STREAM, 1, fields(usual())), many(2000, () => frame(CONTINUATION, 0, 1))]));
        let r = await talk([PREFACE, frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])), many(3000, id => get(id))], { bare: true, ms: 5000 });
        check('streams that are refused', r.how !== 'time' && code(r, GOAWAY) === CALM, [r.how, code(r, GOAWAY)]);
        // One field of 4,000 bytes, kept in the table, then taken from there again and again.
        const bomb = Buffer.concat([fields(usual()), Buffer.from([0x40, 1, 0x78]), number(4000, 7), Buffer.alloc(4000, 97), Buffer.alloc(10000, 0xbe)]);
        await calms('a head that unfolds', frame(HEADERS, END_STREAM | END_HEADERS, 1, bomb));
        check('they are counted', await metric('requests_refused_total') > refused, refused);
        check('and nothing is left', await settled() === 0);
        r = await talk([post(1, '/sleep?300'), ...Array(8).fill(many(2500, () => frame(DATA, 0, 1, 'a'))), frame(DATA, END_STREAM, 1), get(3)], { until: all => ends(all, 1) && ends(all, 3) });
        check('small pieces of data are no flood', status(r, 3) === 200, [r.how, code(r, GOAWAY)]);
        r = await new Promise(done => {
            const socket = net.connect({ port, host: '127.0.0.1' }, async () => {
                socket.pause();
                socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0x7f, 255, 255, 255])), frame(WINDOW, 0, 0, u32(0x7fff0000 - 65535)), get(1, '/big?50000000'), get(3, '/big?50000000')]));
                await sleep(400);
                const held = await metric('requests_in_flight');
                await sleep(1800);
                done([held, await metric('requests_in_flight')]);
                socket.destroy();
            });
            socket.on('error', () => { });
        });
        check('who takes no bytes makes the guests wait, then loses them', r[0] === 2 && r[1] === 0, r);
        await with_client(async (client, a) => check('the next is served', (await a('/')).status === 200));
    },
    async log() {
        await with_client(async (client, a) => { await a('/status?298'); });
        await sleep(100);
        const last = fs.readFileSync(logFile, 'utf8').trim().split('\n').map(l => JSON.parse(l)).findLast(e => e.target === '/status?298');
        check('the log says HTTP/2', last?.protocol === 'HTTP/2' && last.status === 298 && last.method === 'GET', last);
    },
};

const first = await talk([], { ms: 3000, until: all => all.length });
if (/^HTTP\/1.1 505/.test(first.rest)) console.log('without');
else for (const [name, test] of Object.entries(tests))
    try { await test(); } catch (e) { check(name, false, String(e.stack)); }
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
