// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// node http1_node.mjs CASES: reads each case that `test_http1 -cases` has printed with node's parser,
// llhttp, in its strict mode. Both have to accept it, with as many messages and the same bodies, or
// both to refuse it, but for the differences below.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

process.noDeprecation = true;
const { HTTPParser } = createRequire(import.meta.url)('_http_common');

// What we refuse, and llhttp lets pass: in first lines and before them,
const stricterFirst = {
  EMPTY_LINE: 'llhttp skips any number of empty lines before a message',
  BARE_LF: 'llhttp skips line feeds there, and ends lines of HTTP/0.9 by them',
  BARE_CR: 'llhttp skips carriage returns there',
  INCOMPLETE_HEAD: 'the same',
  REQUEST_LINE: 'llhttp allows several spaces, HTTP/0.9, and RTSP for methods that both have',
  VERSION: 'llhttp allows 0.9 and 2.0',
  STATUS_LINE: 'llhttp allows 000 to 099',
  CONTROL: 'llhttp allows any byte in a reason',
  TARGET: 'llhttp does not look into targets: their form, user names, ports, "<>\\ and fragments',
  METHOD_LONG: 'lengths are left to node itself',
  UNASKED: 'llhttp knows of no requests',
  NO_RESPONSE: 'the same',
  SWITCHED: 'the same',
};
// and later.
const stricterLater = {
  NO_HOST: 'Host is left to node itself',
  HOSTS: 'the same',
  HOST: 'the same',
  HOST_DIFFERS: 'the same',
  EXPECTATION: 'the same',
  CONNECTION: 'llhttp takes other things than tokens for unknown options',
  CODING: 'llhttp leaves codings before chunked to its user',
  CODING_LAST: 'llhttp reads a response of another coding until its end',
  CODING_1_0: 'llhttp allows Transfer-Encoding in HTTP/1.0',
  CODING_UNASKED: 'llhttp ignores Transfer-Encoding where there is no body',
  CONNECT_BODY: 'llhttp ignores the length of a CONNECT request',
  CHUNK_SIZE: 'llhttp allows any number of leading zeros, and sizes up to 2^64 - 1',
  CHUNK_EXTENSION: "llhttp allows more than RFC 9112's grammar",
  TRAILER_NAME: 'llhttp allows any field as a trailer',
};
// What llhttp refuses, and we let pass where the input is like that.
const laxer = {
  HPE_INVALID_METHOD: [/./, 'llhttp has a list of methods; wasi:http has any token'],
  HPE_CLOSED_CONNECTION: [/./, 'we leave what follows the last message alone'],
  HPE_INVALID_URL: [/ [a-z][a-z0-9+.-]*:\/\//i, 'llhttp takes only letters for a scheme'],
  HPE_INVALID_CONTENT_LENGTH: [/\t *\r\n/, 'llhttp wants no tab after a length'],
  HPE_INVALID_TRANSFER_ENCODING: [/\t *\r\n/, 'nor after a transfer coding'],
};

const read = (kind, methods, bytes) => {
  const parser = new HTTPParser();
  const asked = methods.split(' ');
  const got = { messages: 0, body: Buffer.alloc(0), error: '' };
  parser.initialize(kind === 's' ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {}, 1 << 20, 0);
  parser[HTTPParser.kOnHeaders | 0] = () => {};
  parser[HTTPParser.kOnHeadersComplete | 0] = (major, minor, headers, method, url, status) => {
    if (kind === 's' || status < 200) return 0;
    const asks = asked.shift();
    return asks === 'HEAD' ? 1 : asks === 'CONNECT' && status < 300 ? 2 : 0;
  };
  parser[HTTPParser.kOnBody | 0] = (piece) => { got.body = Buffer.concat([got.body, piece]); };
  parser[HTTPParser.kOnMessageComplete | 0] = () => { got.messages++; };
  let result = parser.execute(bytes);
  // It stops where another protocol may begin.
  if (!(result instanceof Error) && result === bytes.length) result = parser.finish();
  if (result instanceof Error) got.error = result.code;
  return got;
};

const differs = (ours, theirs, text) => {
  const refused = !ours.refusal.endsWith('good'), later = ours.refusal.startsWith('>');
  const stricter = later ? stricterLater : stricterFirst;
  if (refused && !theirs.error) return stricter[ours.refusal.replace('>', '')] ? '' : 'node accepts it';
  if (!refused && theirs.error && !laxer[theirs.error]?.[0].test(text)) return `node refuses it with ${theirs.error}`;
  if (refused || theirs.error) return '';
  if (ours.messages !== theirs.messages) return `node reads ${theirs.messages} messages`;
  return ours.body === theirs.body.toString('hex') ? '' : `node's bodies are ${theirs.body.toString('hex')}`;
};

let passed = 0, failed = 0;
for (const line of readFileSync(process.argv[2], 'utf8').trim().split('\n')) {
  const [kind, methods, input, refusal, messages, body] = line.split(',');
  const bytes = Buffer.from(input, 'hex');
  const bad = differs({ refusal, messages: Number(messages), body }, read(kind, methods, bytes), bytes.toString('latin1'));
  bad ? failed++ : passed++;
  if (bad && failed <= 20) {
    console.log(`${kind} ${methods} ${JSON.stringify(bytes.toString('latin1'))}`);
    console.log(`  ours: ${refusal}, ${messages} messages; ${bad}`);
  }
}
console.log(`http1: ${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
