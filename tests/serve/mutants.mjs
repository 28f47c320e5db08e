// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mutants.mjs PORT [MS]: requests with bytes changed, cut off, sent in pieces, given up and reset, for so long.
import net from 'node:net';
const port = Number(process.argv[2]), end = Date.now() + Number(process.argv[3] ?? 2000);
const seeds = ['GET / HTTP/1.1\r\nHost: a\r\n\r\n','POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789','POST /trailers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX: 1\r\n\r\n','HEAD /big?70000 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc','GET /cut HTTP/1.1\r\nHost: a\r\n\r\n','GET /after?20 HTTP/1.1\r\nHost: a\r\n\r\n','GET /sleep?30 HTTP/1.0\r\n\r\n','GET /unfinished HTTP/1.1\r\nHost: a\r\n\r\n','GET /slow?5 HTTP/1.1\r\nHost: a\r\n\r\n','GET /spin?1 HTTP/1.1\r\nHost: a\r\n\r\n','GET /big?300000 HTTP/1.1\r\nHost: a\r\n\r\n','GET /trap HTTP/1.1\r\nHost: a\r\n\r\n'];
const R = n => Math.floor(Math.random() * n);
let n = 0;
async function one() {
  while (Date.now() < end) {
    let t = ''; for (let i = 0; i <= R(4); i++) t += seeds[R(seeds.length)];
    let b = Buffer.from(t, 'latin1');
    if (R(2)) for (let i = 0; i < R(4); i++) b[R(b.length)] = R(256);
    if (!R(4)) b = b.subarray(0, R(b.length));
    await new Promise(done => {
      const s = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      const t = setTimeout(() => { R(2) ? s.resetAndDestroy() : s.destroy(); done(); }, R(120));
      s.on('error', () => { clearTimeout(t); done(); }); s.on('end', () => { clearTimeout(t); s.destroy(); done(); });
      if (R(3)) s.on('data', () => { });
      const k = R(b.length); s.write(b.subarray(0, k)); setTimeout(() => { if (!s.destroyed) { s.write(b.subarray(k)); if (!R(3)) s.end(); } }, R(15));
    }); n++;
  }
}
await Promise.all(Array.from({ length: 40 }, one)); console.log('connections', n);
process.exit(0);
