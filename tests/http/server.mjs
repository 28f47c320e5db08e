// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What tests/http.sh fetches from: servers of HTTP/1.1, of HTTP/1.1 by TLS and of HTTP/2 by TLS, on free ports of
// 127.0.0.1, which it prints. The key and certificate are files of the folder that is its argument.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import http2 from 'node:http2';

const folder = process.argv[2];
const tls = { key: readFileSync(`${folder}/key.pem`), cert: readFileSync(`${folder}/cert.pem`) };
let connections = 0;

function answer(request, response) {
    if (request.url === '/large') return response.end(Buffer.alloc(1 << 20, 'x'));
    if (request.url === '/connections') return response.end(String(connections));
    if (request.url === '/version') return response.end(request.httpVersion);
    if (request.url === '/trailers') {
        response.setHeader('Trailer', 'Sum');
        response.write('abc');
        response.addTrailers({ Sum: '3' });
        return response.end();
    }
    const parts = [];
    request.on('data', part => parts.push(part));
    request.on('end', () => response.end(`${request.method} ${request.url} ${Buffer.concat(parts).toString()}`));
}

const servers = [http.createServer(answer), https.createServer(tls, answer),
    http2.createSecureServer({ ...tls, allowHTTP1: false }, answer),
    https.createServer({ ...tls, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: true }, answer)];
for (const server of servers) {
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    server.on('connection', () => connections++);
}
console.log(servers.map(server => server.address().port).join(' '));
