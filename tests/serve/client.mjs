// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// client.mjs PORT ADMIN_PORT PID LOG LINES: a client of `witc serve` that knows nothing but sockets, good and bad ones.
// The server has tests/serve/handler.c and the limits of tests/serve.sh.
import net from 'node:net';
import fs from 'node:fs';

const [port, adminPort, pid, logFile] = process.argv.slice(2);
let passed = 0, failed = 0;
const check = (name, good, what) => {
    if (good) { passed++; return; }
    failed++;
    console.log(`FAILED: serve: ${name}: ${JSON.stringify(what)?.slice(0, 400)}`);
};
const sleep = ms => new Promise(done => setTimeout(done, ms));

// Sends pieces (numbers: pauses in ms), and gives what has come until the server ends, or `until` is there.
function talk(pieces, { until, end, ms = 4000, to = port, half = false } = {}) {
    return new Promise(done => {
        let got = '', over = false;
        const socket = net.connect({ port: to, host: '127.0.0.1', allowHalfOpen: true });
        const finish = how => {
            if (over) return;
            over = true;
            clearTimeout(timer);
            socket.destroy();
            done({ text: got, how });
        };
        const timer = setTimeout(() => finish('time'), ms);
        socket.on('data', d => {
            got += d.toString('latin1');
            if (until && got.match(until)) finish('until');
        });
        socket.on('end', () => finish('end'));
        socket.on('error', e => finish(e.code));
        socket.on('connect', async () => {
            for (const p of [].concat(pieces)) {
                if (over) return;
                if (typeof p === 'number') await sleep(p);
                else socket.write(p, 'latin1');
            }
            if (half) socket.end();
            if (end) finish('left');
        });
    });
}
const get = (path, fields = '', more) =>
    talk(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`, more);
const unchunked = text => {
    let at = text.lastIndexOf('\r\n\r\n', text.indexOf('\r\n\r\n', text.indexOf('HTTP/1.1 200'))) + 4, body = '';
    for (let n; (n = parseInt(text.slice(at), 16)); at += n + 2) {
        at = text.indexOf('\r\n', at) + 2;
        body += text.slice(at, at + n);
    }
    return body;
};
const status = r => Number(r.text.match(/^HTTP\/1\.1 (\d+)/)?.[1] ?? 0);
const is = (name, r, code) => check(name, status(r) === code, r);
const metric = async name => {
    const page = await talk(`GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, { to: adminPort });
    return Number(page.text.match(new RegExp(`^witc_serve_${name} (\\d+)`, 'm'))?.[1]);
};
const settled = async () => {
    for (let i = 0; i < 100 && await metric('requests_in_flight'); i++) await sleep(20);
};

const tests = {
    async answers() {
        let r = await get('/');
        is('hello', r, 200);
        check('its body', r.text.endsWith('\r\n\r\nhello\n'), r);
        check('its length', /\r\nContent-Length: 6\r\n/.test(r.text), r);
        check('a date', /\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/.test(r.text), r);
        check('the end is told', /\r\nConnection: close\r\n/.test(r.text), r);
        is('a status', await get('/status?418'), 418);
        r = await get('/status?204');
        check('204 has no length', status(r) === 204 && !/content-length|transfer-encoding/i.test(r.text), r);
        r = await get('/status?304');
        check('304 has no body', status(r) === 304 && r.text.endsWith('\r\n\r\n'), r);
        r = await talk('HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        check('HEAD has no body', status(r) === 200 && r.text.endsWith('\r\n\r\n'), r);
        r = await talk('HEAD /big?5000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        check('HEAD of a large one', status(r) === 200 && r.text.endsWith('\r\n\r\n'), r);
        r = await get('/big?3000000');
        check('a large body is in chunks', /Transfer-Encoding: chunked/.test(r.text) && r.text.endsWith('0\r\n\r\n') && r.text.length > 3e6, r.text.length);
        r = await get('/head?q', 'X-A: 1\r\nx-a: 2\r\nUpgrade: h2c\r\n');
        check('the handler sees the head', /path \/head\?q\nauthority a\nX-A=1\nx-a=2\n$/.test(r.text), r);
        r = await talk('GET http://b:1/head HTTP/1.1\r\nHost: b:1\r\nConnection: close\r\n\r\n');
        check('absolute form', /path \/head\nauthority b:1\n/.test(r.text), r);
        r = await get('/hints');
        check('an instance is fresh', (await get('/count')).text.endsWith('\n1') && (await get('/count')).text.endsWith('\n1'));
        r = await talk('GET / HTTP/1.0\r\n\r\n');
        check('HTTP/1.0 ends', status(r) === 200 && r.how === 'end' && r.text.endsWith('hello\n'), r);
        r = await talk('GET /big?100000 HTTP/1.0\r\n\r\n');
        check('HTTP/1.0 has no chunks', !/chunked/.test(r.text) && r.text.length > 100000, r.text.slice(0, 200));
    },
    async errors() {
        is('a trap', await get('/trap'), 500);
        is('no answer', await get('/nothing'), 500);
        is('an error', await get('/error'), 504);
        is('a body that is not finished', await get('/unfinished'), 500);
        is('fewer bytes than said', await get('/length?9'), 500);
        is('too much memory', await get('/memory?100'), 500);
        is('fuel or time', await get('/spin'), 504);
        let r = await get('/cut');
        check('a trap in the middle cuts', status(r) === 200 && !r.text.endsWith('0\r\n\r\n'), r);
        r = await get('/sleep?10000');
        is('too long', r, 504);
        is('and the next is served', await get('/'), 200);
    },
    async bodies() {
        const body = 'abcdefghij'.repeat(30000);
        let r = await talk(`POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        check('echo', unchunked(r.text) === body, r.text.length);
        r = await talk(['POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n', '3\r\nabc\r', 20, '\n2;x=y\r\nd', 20, 'e\r\n0\r\nX-T: 1\r\n\r\n']);
        check('chunks in pieces', unchunked(r.text) === 'abcde', r);
        r = await talk(['POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab', 100], { until: /ab/ });
        check('bytes come back before the body has ended', r.how === 'until', r);
        r = await talk('POST /trailers HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Sum: 42\r\n\r\n');
        check('trailers both ways', /0\r\nX-Sum: 42\r\n\r\n$/.test(r.text), r);
        r = await talk(['POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n', 150, 'hi']);
        check('100 (Continue)', /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/.test(r.text) && /hi/.test(r.text), r);
        r = await talk(['POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n'], { until: /hello\n/ });
        check('no 100 where the body is not read', /^HTTP\/1\.1 200/.test(r.text), r);
        r = await talk('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcdeGET /status?201 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        check('a body that nobody reads is passed over', /^HTTP\/1\.1 200[^]*hello\nHTTP\/1\.1 201/.test(r.text), r);
    },
    async connections() {
        let r = await talk('GET /status?201 HTTP/1.1\r\nHost: a\r\n\r\nGET /sleep?50 HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /status?202 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        check('pipelining keeps the order', /^HTTP\/1\.1 201[^]*slept\nHTTP\/1\.1 200[^]*HTTP\/1\.1 202/.test(r.text), r);
        r = await talk(['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 100, 'GET /status?203 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n']);
        check('keep-alive', /hello\nHTTP\/1\.1 203/.test(r.text), r);
        r = await talk(['GET / HTTP/1.1\r\nHost: a\r\n\r\n'], { ms: 3000 });
        check('idle connections are closed', r.how === 'end', r.how);
        const before = Date.now();
        r = await talk('GET /after?700 HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        check('the answer does not wait for what comes after it', Date.now() - before < 600 && /answered\n[^]*hello\n/.test(r.text), [Date.now() - before, r]);
        r = await talk('GET /sleep?300 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', { half: true });
        check('a half-closed client has its answer', /HTTP\/1\.1 200[^]*slept\n$/.test(r.text), r);
        await settled();
        const cancelled = await metric('requests_cancelled_total');
        await talk(['GET /sleep?1500 HTTP/1.1\r\nHost: a\r\n\r\n', 50], { end: true });
        await sleep(500);
        check('a client that goes cancels its guest', await metric('requests_in_flight') === 0 && await metric('requests_cancelled_total') > cancelled, await metric('requests_in_flight'));
        await talk(['GET /big?50000000 HTTP/1.1\r\nHost: a\r\n\r\n', 50], { end: true });
        await sleep(200);
        check('also one that streams', await metric('requests_in_flight') === 0, 0);
    },
    async refusals() {
        const bad = async (name, text, code) => {
            const r = await talk(text);
            check(name, status(r) === code && r.how === 'end', r);
        };
        await bad('a bare line feed', 'GET / HTTP/1.1\nHost: a\n\n', 400);
        await bad('no host', 'GET / HTTP/1.1\r\n\r\n', 400);
        await bad('two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400);
        await bad('length and coding', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400);
        await bad('a long target', `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414);
        await bad('a long field', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(9000)}\r\n\r\n`, 431);
        await bad('many fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: a\r\n'.repeat(200)}\r\n`, 431);
        await bad('a long body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n', 413);
        await bad('a long body in chunks', `POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${'ffff\r\n' + 'a'.repeat(65535) + '\r\n'}`.replace('ffff', 'fffffff'), 413);
        await bad('CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', 501);
        await bad('another version', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505);
        await bad('a bad chunk', 'POST /sleep?100 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400);
        await bad('another expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n', 417);
        let r = await talk(['GET / HT'], { ms: 3000 });
        check('a slow head', status(r) === 408 && r.how === 'end', r);
        r = await talk(['G', ...'ET / HTTP/1.1\r\nHost: abcdefghijklmnopqrstuvwxyz'.split('').flatMap(c => [100, c])], { ms: 6000 });
        check('a byte now and then', status(r) === 408, r);
        r = await talk(['POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n'], { ms: 4000 });
        check('a slow body', /^HTTP\/1\.1 (408|200)/.test(r.text) && r.how !== 'time', r);
        r = await talk(['GET / HTTP/1.1\r\n', ...Array(300).fill('X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n')]);
        check('fields without end', status(r) === 431, r);
        for (const path of ['/trailers', '/sleep?300']) {
            r = await talk([`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab`], { half: true });
            check(`half a body, ${path}`, status(r) === 400 && /\r\nConnection: close\r\n/.test(r.text) && r.how === 'end', r);
        }
        r = await talk(['POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab', 100], { half: true });
        check('half a body, after the answer has begun', status(r) === 200 && r.how === 'end', r);
        r = await talk(['POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab', 100], { half: true });
        check('half a body, after the answer', r.how === 'end', r);
        r = await talk(['POST /trailers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX: '], { half: true });
        check('half a trailer', status(r) === 400 && r.how === 'end', r);
        r = await talk(['GET / HTTP/1.1\r\nHost'], { half: true });
        check('half a head', status(r) === 400 && r.how === 'end', r);
    },
    async fairness() {
        const long = Promise.all(Array.from({ length: 4 }, () => get('/spin')));
        await sleep(50);
        let worst = 0;
        for (let i = 0; i < 10; i++) {
            const before = Date.now();
            is('while others compute', await get('/'), 200);
            worst = Math.max(worst, Date.now() - before);
        }
        check('those who compute starve nobody', worst < 500, worst);
        (await long).forEach(r => is('the limit of time holds for all', r, 504));
        const rs = await Promise.all(Array.from({ length: 30 }, () => get('/sleep?300')));
        const shed = rs.filter(r => status(r) === 503), served = rs.filter(r => status(r) === 200);
        check('waiting ones share a thread, and there is a limit', served.length === 20 && shed.length === 10, [served.length, shed.length]);
        check('503 says when to come back', shed.every(r => /\r\nRetry-After: 1\r\n/.test(r.text)), shed[0]);
    },
    async slow() {
        const r = await new Promise(done => {
            const socket = net.connect({ port, host: '127.0.0.1' }, () => {
                socket.write('GET /big?50000000 HTTP/1.1\r\nHost: a\r\n\r\n');
                socket.pause();
            });
            socket.on('error', () => { });
            setTimeout(async () => {
                const held = await metric('requests_in_flight');
                setTimeout(async () => { done([held, await metric('requests_in_flight')]); socket.destroy(); }, 1800);
            }, 400);
        });
        check('who takes no bytes makes the guest wait, then loses it', r[0] === 1 && r[1] === 0, r);
        const idle = Array.from({ length: 500 }, () => net.connect({ port, host: '127.0.0.1' }).on('error', () => { }));
        await sleep(300);
        is('among idle connections', await get('/'), 200);
        check('they are counted', await metric('connections') >= 500, await metric('connections'));
        idle.forEach(s => s.resetAndDestroy ? s.resetAndDestroy() : s.destroy());
        await sleep(100);
        is('after resets', await get('/'), 200);
    },
    async pipelined() {
        const before = await metric('received_bytes_total');
        const socket = net.connect({ port: adminPort, host: '127.0.0.1' }).on('error', () => { });
        socket.pause();
        socket.write('GET /x HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(400000));
        await sleep(2500);
        socket.destroy();
        const taken = await metric('received_bytes_total') - before;
        check('who asks on and on, and takes no answers, is not read any more', taken > 1000 && taken < 8e6, taken);
    },
    async admin() {
        const ask = path => talk(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, { to: adminPort });
        const health = await ask('/health');
        check('health', status(health) === 200 && health.text.endsWith('ok\n'), health);
        is('nothing else', await ask('/'), 404);
        is('GET only', await talk('POST /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', { to: adminPort }), 405);
        const page = (await ask('/metrics')).text.split('\r\n\r\n')[1];
        check('metrics are those of Prometheus', page.trim().split('\n').every(l => /^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"\})? [\d.]+)$/.test(l)), page.slice(0, 300));
        is('no metrics for all', await get('/metrics'), 500);
    },
    async log() {
        await get('/status?299', 'X: 1\r\n');
        await talk('GET /%22\\\x80 HTTP/1.1\r\nHost: a\r\n\r\n', { until: /HTTP/ });
        await sleep(100);
        const lines = fs.readFileSync(logFile, 'utf8').trim().split('\n');
        let all = [];
        try { all = lines.map(l => JSON.parse(l)); } catch (e) { check('the log is JSON', false, String(e)); }
        const last = all.findLast(e => e.target === '/status?299');
        check('an entry', last && last.status === 299 && last.method === 'GET' && last.protocol === 'HTTP/1.1' && last.remote.startsWith('127.0.0.1:') && last.seconds > 0 && !last.error, last);
        check('an error', all.some(e => e.target === '/trap' && e.status === 500 && /trapped/.test(e.error)), all.filter(e => e.target === '/trap'));
        check('one that went', all.some(e => /client has gone/.test(e.error)), 0);
    },
    async reload() {
        const before = await metric('reloads_total');
        let going = true, lost = 0, served = 0;
        const load = Promise.all(Array.from({ length: 4 }, async () => {
            while (going) {
                const r = await get('/sleep?5');
                if (status(r) === 200) served++;
                else lost++;
            }
        }));
        await sleep(100);
        process.kill(Number(pid), 'SIGHUP');
        for (let i = 0; i < 100 && await metric('reloads_total') === before; i++) await sleep(30);
        await sleep(100);
        going = false;
        await load;
        check('a reload loses no request', lost === 0 && served > 10 && await metric('reloads_total') > before, [lost, served]);
    },
};

for (const [name, test] of Object.entries(tests))
    try { await test(); } catch (e) { check(name, false, String(e.stack)); }
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
