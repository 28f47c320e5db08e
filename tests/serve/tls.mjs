// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tls.mjs PORT ADMIN_PORT PID CERTIFICATE: clients of `witc serve --tls-cert`, good and bad ones, by sockets and by node's
// TLS. The server has tests/serve/handler.c and the limits of tests/serve_tls.sh.
import fs from 'node:fs';
import http2 from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';

const [port, adminPort, pid, certificate] = process.argv.slice(2);
const ca = fs.readFileSync(certificate), host = '127.0.0.1', servername = 'localhost';
const isSanitized = /asan/.test(fs.readlinkSync(`/proc/${pid}/exe`));
let passed = 0, failed = 0, each = 0;
const check = (name, good, what) => {
    if (good) { passed++; return; }
    failed++;
    console.log(`FAILED: serve TLS: ${name}: ${JSON.stringify(what)?.slice(0, 400)}`);
};
const sleep = ms => new Promise(done => setTimeout(done, ms));

// A TLS client's words, and what has come back; `on` is a socket that is connected already.
function talk(pieces, { until, half, ms = 5000, ...options } = {}) {
    return new Promise(done => {
        let got = '', over = false;
        const socket = tls.connect({ host, port, ca, servername, allowHalfOpen: true, ...options });
        const finish = how => {
            if (over) return;
            over = true;
            clearTimeout(timer);
            const seen = { text: got, how, version: socket.getProtocol?.(), alpn: socket.alpnProtocol, reused: socket.isSessionReused?.(), cn: socket.getPeerCertificate?.()?.subject?.CN };
            socket.destroy();
            done(seen);
        };
        const timer = setTimeout(() => finish('time'), ms);
        socket.on('data', d => {
            got += d.toString('latin1');
            if (until && got.match(until)) finish('until');
        });
        socket.on('end', () => finish('end'));
        socket.on('error', e => finish(e.code ?? String(e)));
        socket.on('close', () => finish('close'));
        if (options.session !== undefined || options.keep) socket.on('session', s => options.keep?.(s));
        socket.on('secureConnect', async () => {
            for (const p of [].concat(pieces)) {
                if (over) return;
                if (typeof p === 'number') await sleep(p);
                else socket.write(p, 'latin1');
            }
            if (half) socket.end();
        });
    });
}
// The same by a bare socket.
function talkBare(pieces, { ms = 5000, half } = {}) {
    return new Promise(done => {
        let got = '', over = false, ended = false;
        const socket = net.connect({ host, port, allowHalfOpen: true });
        const finish = how => {
            if (over) return;
            over = true;
            clearTimeout(timer);
            socket.destroy();
            done({ text: got, how });
        };
        const timer = setTimeout(() => finish('time'), ms);
        socket.on('data', d => { got += d.toString('latin1'); });
        socket.on('end', () => { ended = true; finish('end'); });
        socket.on('error', e => finish(e.code));
        socket.on('close', () => finish(ended ? 'end' : 'close'));
        socket.on('connect', async () => {
            for (const p of [].concat(pieces)) {
                if (over) return;
                if (typeof p === 'number') await sleep(p);
                else socket.write(p, 'latin1');
            }
            if (half) socket.end();
        });
    });
}
const get = (path, options, fields = '') => talk(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`, options);
const status = r => Number(r.text.match(/^HTTP\/1\.1 (\d+)/)?.[1] ?? 0);
const is = (name, r, code) => check(name, status(r) === code, r);
const metric = name => new Promise(done => {
    let text = '';
    const s = net.connect({ host, port: adminPort }, () => s.write('GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
    s.on('data', d => { text += d; }).on('error', () => done(NaN));
    s.on('end', () => done(Number(text.match(new RegExp(`^witc_serve_${name} (\\d+)`, 'm'))?.[1])));
});
const settled = async most => {
    for (let i = 0; i < 250 && (await metric('requests_in_flight') || await metric('connections') > most); i++) await sleep(20);
    return await metric('connections');
};
const descriptors = () => fs.readdirSync(`/proc/${pid}/fd`).length;
const resident = () => Number(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+)/m)[1]);

// Between a TLS client and the server: `onto(server, client)` sees the client's bytes.
const between = pass => new Promise(done => {
    const server = net.createServer({ allowHalfOpen: true }, client => {
        const on = net.connect({ host, port });
        client.on('error', () => on.destroy());
        on.on('error', () => client.destroy());
        on.on('data', d => client.write(d)).on('close', () => client.destroy());
        client.on('data', d => pass(d, on)).on('close', () => on.destroy());
    }).listen(0, host, () => done(server));
});
const body = 'abcdefghij'.repeat(30);
const post = [`POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`, 3, body.slice(0, 100), 3, body.slice(100)];

const tests = {
    async answers() {
        let r = await get('/head');
        is('an answer', r, 200);
        check('the scheme is https', /\nscheme https\npath \/head\n/.test(r.text), r);
        check('1.3', r.version === 'TLSv1.3', r.version);
        r = await get('/', { maxVersion: 'TLSv1.2' });
        check('1.2', status(r) === 200 && r.version === 'TLSv1.2', r);
        r = await get('/', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
        check('not 1.1', r.text === '' && /ERR_SSL|EPROTO|ECONNRESET/.test(r.how), r);
        r = await get('/', { ALPNProtocols: ['http/1.1'] });
        check('ALPN', status(r) === 200 && r.alpn === 'http/1.1', r);
        r = await get('/', { ALPNProtocols: ['spdy/1', 'h2', 'http/1.1'], ms: 300 });
        if (r.alpn === 'h2') {
            const answer = await new Promise(done => {
                const session = http2.connect(`https://${host}:${port}`, { ca, servername });
                const request = session.request({ ':path': '/head' });
                let text = '';
                request.on('data', d => { text += d; }).on('end', () => { session.close(); done(text); });
                for (const what of [session, request]) what.on('error', e => done(String(e)));
            });
            check('HTTP/2 by ALPN', /^scheme https\npath \/head$/m.test(answer), answer);
        } else check('HTTP/1.1 where there is no HTTP/2', r.alpn === 'http/1.1', r);
        r = await get('/', { ALPNProtocols: ['spdy/1'] });
        check('no protocol in common', r.text === '' && /ALERT|EPROTO|ERR_SSL/.test(r.how), r);
        r = await talk('GET /status?201 HTTP/1.1\r\nHost: a\r\n\r\nGET /sleep?30 HTTP/1.1\r\nHost: a\r\n\r\nGET /status?202 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        check('pipelining', /^HTTP\/1\.1 201[^]*slept\nHTTP\/1\.1 202/.test(r.text), r);
        r = await talk('GET /big?100000 HTTP/1.0\r\n\r\n');
        check('HTTP/1.0 ends', r.how === 'end' && r.text.length > 100000, [r.how, r.text.length]);
        r = await talk(['G', 'E', 20, 'T / HTTP/1.1\r', 20, '\nHost: a\r\nConnection: close\r\n\r', 20, '\n']);
        is('many small records', r, 200);
    },
    async bodies() {
        const large = 'abcdefghij'.repeat(80000);
        let r = await talk(`POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: ${large.length}\r\nConnection: close\r\n\r\n${large}`);
        const text = r.text.slice(r.text.indexOf('\r\n\r\n') + 4).replace(/\r\n[0-9a-f]+\r\n|^[0-9a-f]+\r\n/g, '').replace(/\r\n\r\n$/, '');
        check('there and back', status(r) === 200 && text.startsWith(large.slice(0, 20)) && text.replace(/[^a-j]/g, '').length >= large.length, text.length);
        r = await get('/big?20000000', { ms: 20000 });
        check('a large one', r.text.length > 20000000 && r.text.endsWith('0\r\n\r\n'), r.text.length);
        r = await new Promise(done => { // it takes its time between pieces
            let n = 0;
            const s = tls.connect({ host, port, ca, servername }, () => s.write('GET /big?3000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
            s.on('data', async d => { n += d.length; s.pause(); await sleep(5); s.resume(); });
            s.on('end', () => { done(n); s.destroy(); }).on('error', e => done(e.code));
        });
        check('a slow reader', r > 3000000, r);
        r = await talk(['POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n', '3\r\nabc\r', 20, '\n2;x=y\r\nd', 20, 'e\r\n0\r\n\r\n']);
        check('chunks', status(r) === 200 && /abc[^]*d[^]*e/.test(r.text) && r.text.endsWith('0\r\n\r\n'), r);
    },
    async ends() {
        let r = await talk('GET /sleep?300 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', { half: true });
        check('a half-closed client has its answer', /slept\n$/.test(r.text), r);
        r = await talk('POST /trailers HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc', { half: true });
        check('half a body', status(r) === 400 && r.how === 'end', r);
        r = await talk('GET / HTTP/1.1\r\nHost: a\r\n\r\n', { ms: 4000 });
        check('idle ones are closed', r.how === 'end', r.how);
        const failures = await metric('handshakes_failed_total');
        r = await talkBare([], { ms: 4000 });
        check('one that says nothing', r.text === '' && r.how !== 'time', r);
        r = await talkBare(['\x16\x03\x01\x02'], { ms: 4000 });
        check('one that begins', r.how !== 'time', r);
        check('they are counted', await metric('handshakes_failed_total') === failures + 2, failures);
        r = await talkBare(Array(40).fill(['\x16', 100]).flat(), { ms: 4000 });
        check('a byte now and then', r.how !== 'time', r);
        const slow = await between(async (d, on) => { for (const b of d) { on.write(Buffer.from([b])); await sleep(20); } });
        r = await get('/', { port: slow.address().port });
        check('a slow handshake', r.text === '' && r.how !== 'time', r);
        slow.close();
        r = await talk(['GET / HT'], { ms: 3000 });
        check('a slow head', status(r) === 408, r);
    },
    async garbage() {
        const failures = await metric('handshakes_failed_total');
        let r = await talkBare('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        check('HTTP is told', /^HTTP\/1\.1 400 [^]*https/.test(r.text) && r.how === 'end', r);
        r = await talkBare('DELETE / HTTP/1.1\r\nHost: a\r\n' + 'X: y\r\n'.repeat(20000));
        check('whatever its method', /^HTTP\/1\.1 400 /.test(r.text), r);
        const records = ['\0', '\x16', '\x16\x03\x01\xff\xff', '\x16\x03\x01\x00\x00', '\x17\x03\x03\x00\x05hello', '\x15\x03\x03\x00\x02\x02\x28', '\x80\x2e\x01\x03\x01', '\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff', '\n\r\n', '\x16\x03\x03\x40\x00' + '\x01'.repeat(16384)];
        let state = 7;
        const random = () => (state = (state * 1103515245 + 12345) & 0x7fffffff) >> 16;
        for (let i = 0; i < 60; i++) records.push(Array.from({ length: 1 + random() % 200 }, () => String.fromCharCode(random() & 255)).join(''));
        for (const record of records) {
            r = await talkBare(record, { half: true });
            if (r.how === 'time') check('garbage', false, [record, r]);
        }
        check('failures are counted', await metric('handshakes_failed_total') > failures + records.length / 2, await metric('handshakes_failed_total'));
        is('the next', await get('/'), 200);
    },
    async changed() { // one byte of what the client sends is another
        for (let at = 0; at < 1400; at += 41) {
            let n = 0;
            const server = await between((d, on) => {
                if (at >= n && at < n + d.length) d[at - n] ^= 1 + at % 255;
                n += d.length;
                on.write(d);
            });
            const r = await talk(post, { port: server.address().port });
            server.close();
            if (r.how === 'time') check(`byte ${at}`, false, r);
        }
        is('the next', await get('/'), 200);
    },
    async cut() { // the client's bytes end here or there; what is not whole is not taken for whole
        const before = await metric('requests_total');
        let whole = 0;
        const sent = await new Promise(done => {
            let n = 0;
            between((d, on) => { n += d.length; on.write(d); }).then(async s => { whole += status(await talk(post, { port: s.address().port })) === 200; s.close(); done(n); });
        });
        check('all of them are whole', whole === 1, sent);
        for (let most = 0; most < sent; most += most < sent - 60 ? 29 : 3) {
            let left = most;
            const server = await between((d, on) => {
                if (left <= 0) return;
                on.write(d.subarray(0, left));
                if ((left -= d.length) <= 0) on.end();
            });
            const r = await talk(post, { port: server.address().port });
            server.close();
            if (r.how === 'time' || /^[^]*abcdefghij\r\n0\r\n\r\n$/.test(r.text)) check(`cut after ${most} of ${sent}`, false, r);
        }
        check('nothing is left of them', await settled(1) <= 1, await metric('connections'));
        check('there were such', await metric('requests_total') > before + 2, await metric('requests_total'));
        is('the next', await get('/'), 200);
    },
    async sessions() {
        let ticket;
        let r = await get('/', { keep: s => { ticket = s; } });
        check('a ticket', ticket, r);
        r = await get('/', { session: ticket });
        check('a client comes back with it', status(r) === 200 && r.reused, r);
        r = await get('/', { session: ticket, maxVersion: 'TLSv1.2' });
        is('by another version', r, 200);
    },
    async growth() {
        const many = async n => { // some of them break off
            for (let i = 0; i < n; i += 10)
                await Promise.all(Array.from({ length: 10 }, (_, k) => k === 9 ? talkBare('\x16\x03\x01\x00\x05\x01\0\0\0\0', { half: true }) : get('/')));
        };
        await many(isSanitized ? 100 : 500);
        await settled(1);
        const [fds, memory, made] = [descriptors(), resident(), await metric('handshakes_total')];
        await many(isSanitized ? 200 : 1000);
        await settled(1);
        check('handshakes are counted', await metric('handshakes_total') >= made + (isSanitized ? 180 : 900), [made, await metric('handshakes_total')]);
        check('no descriptors are left', descriptors() <= fds + 1, [fds, descriptors()]);
        if (!isSanitized) check('no memory is left', resident() < memory + 1500, [memory, resident()]);
        const before = resident(), idle = [];
        for (let i = 0; i < 300; i++) idle.push(await new Promise(done => { const s = tls.connect({ host, port, ca, servername }, () => { s.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'); s.once('data', () => done(s)); }); s.on('error', () => done(s)); }));
        each = (resident() - before) / 300;
        idle.forEach(s => s.destroy());
        if (!isSanitized) check('an idle connection is small', each < 40, each);
    },
};

for (const [name, test] of Object.entries(tests))
    try { await test(); } catch (e) { check(name, false, String(e.stack)); }
if (process.env.VERBOSE) console.log(`an idle connection takes ${each.toFixed(1)} KB`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
