// HTTP as strict as a proxy in front expects: what two readers could understand in two ways is refused, the connection is
// closed, and nothing that came after it is ever answered. Each request is sent alone and behind a good one, with one to smuggle after it.
// SPDX-License-Identifier: MIT
import { assert, openSocket, request, run, test, within } from '../e2e/harness.mjs';

const HOST = 'Host: localhost\r\n';
const GOOD = `GET /health/live HTTP/1.1\r\n${HOST}\r\n`;
const SMUGGLED = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;
const POST = `POST /publish HTTP/1.1\r\n${HOST}Content-Type: text/plain\r\n`;
const statuses = (bytes) =>
  [...bytes.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)].map(([, status]) => Number(status));
const start = (t, ...args) => t.server(['--source', 'none', '--workers', '1', ...args]);
const head = (line, fields = HOST) => `${line}\r\n${fields}\r\n`;
const get = (fields) => head('GET /poll HTTP/1.1', `${HOST}${fields}`);
const target = (text) => head(`GET ${text} HTTP/1.1`);
const post = (fields, body = '') => `${POST}${fields}\r\n${body}`;
const chunked = (body) => post('Transfer-Encoding: chunked\r\n', body);

/** The statuses of the answers that a client reads who goes by Content-Length. libmicrohttpd 0.9.75 writes the head of its own
 * refusals of Host and Content-Length twice (docs/decisions/0006-strict-http.md): the second is the body of the first. */
function framed(bytes) {
  const found = [];
  let text = bytes.toString('latin1');
  while (/^HTTP\/1\.1 \d{3} /.test(text)) {
    const body = text.indexOf('\r\n\r\n') + 4;
    found.push(Number(text.slice(9, 12)));
    text = text.slice(body + Number(text.slice(0, body).match(/\r\nContent-Length: (\d+)/)[1]));
  }
  return found;
}

/** The statuses of all that is answered before the server closes the connection. */
async function refusals(server, text) {
  const client = openSocket(server);
  client.write(Buffer.from(text, 'latin1'));
  await client.ended();
  return framed(client.received());
}

/** The statuses of so many answers. */
async function answers(server, text, count) {
  const client = openSocket(server);
  client.write(Buffer.from(text, 'latin1'));
  await client.until((bytes) => statuses(bytes).length >= count, `${count} answers to ${JSON.stringify(text.slice(0, 80))}`);
  client.socket.destroy();
  return statuses(client.received());
}

async function arrivesByteByByte(client, text) {
  client.socket.setNoDelay(true);
  for (const byte of Buffer.from(text, 'latin1'))
    await new Promise((resolve) => client.socket.write(Buffer.of(byte), () => setImmediate(resolve)));
}

/** By what is wrong: [status or null for a close without a word, requests by name]. */
const refused = {
  'a line that does not end in CRLF': [400, {
    'the first, in LF': `GET /poll HTTP/1.1\n${HOST}\r\n`,
    'one of two fields, in LF': get('A: b\nC: d\r\n'),
    'the last field, in LF': 'GET /poll HTTP/1.1\r\nHost: localhost\n\r\n',
    'the empty line, in LF': `GET /poll HTTP/1.1\r\n${HOST}\n`,
    'all, in LF': 'GET /poll HTTP/1.1\nHost: localhost\n\n',
    'the first, in CR': 'GET /poll HTTP/1.1\rHost: localhost\r\n\r\n',
    'a CR in a value': get('A: b\rTransfer-Encoding: chunked\r\n'),
    'CR CR LF': get('A: b\r\r\n'),
    'LF before a body': `${POST}Content-Length: 1\n\r\n1`,
    'LF before Transfer-Encoding': `${POST}A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  }],
  'a NUL': [400, {
    'in the method': head('G\0ET /poll HTTP/1.1'),
    'in the path': target('/po\0ll'),
    'in the query': target('/poll?a=\0b'),
    'in the version': head('GET /poll HTTP/1.1\0'),
    'in a name': get('A\0b: c\r\n'),
    'in a value': get('A: b\0c\r\nD: e\r\n'),
    'in the last value': get('A: b\0c\r\n'),
    'at the end of the last value': get('A: b\0\r\n'),
    'two at the end of the last value': get('A: b\0\0\r\n'),
    'in a transfer coding': post('Transfer-Encoding: chunked\0x\r\n', '0\r\n\r\n'),
    'in a Content-Length': post('Content-Length: 1\x000\r\n', '1'),
  }],
  'a folded line': [400, {
    'the first': head('GET /poll HTTP/1.1', ` A: b\r\n${HOST}`),
    'one of several': get('A: b\r\n c\r\nD: e\r\n'),
    'the last': get('A: b\r\n\tc\r\n'),
    'the only one': 'GET /poll HTTP/1.1\r\nHost:\r\n localhost\r\n\r\n',
    'a Transfer-Encoding': post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'),
  }],
  'a bad field': [400, {
    'white space before the colon': get('A : b\r\n'),
    'a tab before the colon': get('A\t: b\r\n'),
    'Transfer-Encoding with white space before the colon': post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n'),
    'no name': get(': b\r\n'),
    'no colon': get('Abc\r\n'),
    'a space in the name': get('A b: c\r\n'),
    'a bracket in the name': get('A[b: c\r\n'),
    'a name beyond ASCII': get('A\xe9: b\r\n'),
    'a control character in the value': get('A: \x01\r\n'),
    'a vertical tab before a transfer coding': post('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n'),
    'DEL in the value': get('A: \x7f\r\n'),
  }],
  'a Host that is not one': [400, {
    'none': head('GET /poll HTTP/1.1', ''),
    'two of the same': get(HOST),
    'two': get('Host: 127.0.0.1\r\n'),
    'two, the other in lower case': get('host: 127.0.0.1\r\n'),
  }],
  'a bad Content-Length': [400, {
    'two of the same': post('Content-Length: 1\r\nContent-Length: 1\r\n', '1'),
    'two': post('Content-Length: 1\r\nContent-Length: 60\r\n', '1'),
    'two in one': post('Content-Length: 1, 1\r\n', '1'),
    'two words': post('Content-Length: 1 1\r\n', '1'),
    'plus': post('Content-Length: +1\r\n', '1'),
    'minus': post('Content-Length: -1\r\n', '1'),
    'hexadecimal': post('Content-Length: 0x1\r\n', '1'),
    'empty': post('Content-Length: \r\n', '1'),
    'two of a GET': get('Content-Length: 0\r\nContent-Length: 4\r\n'),
    'beside Transfer-Encoding': post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'after Transfer-Encoding, of a GET': get('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n') + '0\r\n\r\n',
  }],
  'a Content-Length beyond 64 bits': [413, { 'of 23 digits': post('Content-Length: 99999999999999999999999\r\n', '1') }],
  'a body that is too large': [413, { 'by its Content-Length': post('Content-Length: 1048577\r\n', '1') }],
  'a Transfer-Encoding that no one agrees on': [400, {
    'two': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'of HTTP/1.0': post('Transfer-Encoding: chunked\r\n', '0\r\n\r\n').replace('1.1', '1.0'),
  }],
  'an unknown transfer coding': [501, {
    'gzip': post('Transfer-Encoding: gzip\r\n', '0\r\n\r\n'),
    'gzip, chunked': post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
    'chunked, identity': post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'),
    'chunked twice': post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n'),
    'xchunked': post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'),
    'with a parameter': post('Transfer-Encoding: chunked;a=b\r\n', '0\r\n\r\n'),
    'identity': post('Transfer-Encoding: identity\r\n', '0\r\n\r\n'),
    'none': post('Transfer-Encoding: \r\n', '0\r\n\r\n'),
    'of a GET': get('Transfer-Encoding: gzip\r\n'),
  }],
  'an unknown expectation': [417, {
    'of a POST': post('Expect: x\r\nContent-Length: 1\r\n', '1'),
    'of a GET': get('Expect: 200-ok\r\n'),
  }],
  'a bad target': [400, {
    'no slash': target('poll'),
    '* of a GET': target('*'),
    'a fragment': target('/poll#a'),
    'a control character': target('/po\x01ll'),
    'DEL': target('/po\x7fll'),
    'a byte beyond ASCII': target('/po\xe9ll'),
    '% at the end': target('/poll%'),
    '% and one digit': target('/poll?a=%2'),
    '% and no digits': target('/po%zzll'),
    '%00': target('/poll%00'),
    '%00 in the query': target('/poll?a=%00'),
    'two spaces before it': head('GET  /poll HTTP/1.1'),
    'a URL of another host': target('http://evil/poll'),
    'a URL of another port': target('http://localhost:1/poll'),
    'a URL with a user': target('http://evil@localhost/poll'),
    'a URL of https': target('https://localhost/poll'),
    'of CONNECT': head('CONNECT localhost:80 HTTP/1.1'),
    'a bad method': head('G[T /poll HTTP/1.1'),
  }],
  'a bad version': [400, {
    'HTTP/0.9': 'GET /poll\r\n\r\n',
    'HTTP/1': head('GET /poll HTTP/1'),
    'HTTP/1.11': head('GET /poll HTTP/1.11'),
    'HTTP/1.1x': head('GET /poll HTTP/1.1x'),
    'HTTP/01.1': head('GET /poll HTTP/01.1'),
    'http/1.1': head('GET /poll http/1.1'),
    'a space after it': head('GET /poll HTTP/1.1 '),
  }],
  'another version': [505, {
    'HTTP/2 by its preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'HTTP/2.0': head('GET /poll HTTP/2.0'),
    'HTTP/3.0': head('GET /poll HTTP/3.0'),
  }],
  'no HTTP': [null, {
    'TLS': `\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03${'a'.repeat(32)}\r\n\r\n`,
    'a space first': ` ${GOOD}`,
    'tabs for spaces': head('GET\t/poll\tHTTP/1.1'),
    'a space in the target': target('/po ll'),
    'two spaces before the version': head('GET /poll  HTTP/1.1'),
  }],
  'a bad chunk': [400, {
    'size g': chunked('g\r\n1\r\n0\r\n\r\n'),
    'size -1': chunked('-1\r\n1\r\n0\r\n\r\n'),
    'size +1': chunked('+1\r\n1\r\n0\r\n\r\n'),
    'size 0x1': chunked('0x1\r\n1\r\n0\r\n\r\n'),
    'a space before the size': chunked(' 1\r\n1\r\n0\r\n\r\n'),
    'a space after the size': chunked('1 \r\n1\r\n0\r\n\r\n'),
    'no size': chunked('\r\n1\r\n0\r\n\r\n'),
    'CR after the size': chunked('1\r1\r\n0\r\n\r\n'),
    'more than its size': chunked('1\r\n12\r\n0\r\n\r\n'),
    'LF in an extension': chunked('1;a\nb\r\n1\r\n0\r\n\r\n'),
    'a trailer without a colon': chunked('1\r\n1\r\n0\r\nA b\r\n\r\n'),
  }],
  'a chunk beyond 64 bits': [413, { 'of 17 digits': chunked('10000000000000001\r\n1\r\n0\r\n\r\n') }],
};

for (const [fault, [status, texts]] of Object.entries(refused))
  test(`${fault} is ${status ? `refused with ${status}` : 'not answered'}, and nothing after it is answered`, async (t) => {
    const server = await start(t);
    const wanted = status ? [status] : [];
    await Promise.all(Object.entries(texts).map(async ([name, text]) => {
      assert.deepEqual(await refusals(server, text + SMUGGLED), wanted, name);
      assert.deepEqual(await refusals(server, GOOD + text + SMUGGLED), [200, ...wanted], `${name}, behind a good one`);
    }));
    await server.stop();
    assert.ok(!server.lines.some((line) => line.includes('smuggled')), 'nothing smuggled was looked at');
  });

test('a head that is refused is refused however it arrives', async (t) => {
  const server = await start(t);
  const faults = ['a line that does not end in CRLF', 'a NUL', 'a folded line', 'a bad field'];
  const early = ['in the version', 'the first, in CR', 'in a name', 'no colon']; // refused before the head is complete
  const texts = faults.flatMap((fault) => Object.entries(refused[fault][1]).filter(([name]) => !early.includes(name)));
  await Promise.all(texts.map(async ([name, text]) => {
    const client = openSocket(server);
    // Only the head: bytes after the refusal would be answered with a reset, which takes the refusal with it.
    await arrivesByteByByte(client, text.match(/^[^]*?\n\r?\n/)[0]);
    await client.ended();
    assert.deepEqual(framed(client.received()), [400], name);
  }));
});

test('a body of chunks is taken, and no request after it: others may read its end elsewhere', async (t) => {
  const server = await start(t);
  const bodies = {
    plain: '1\r\n1\r\n0\r\n\r\n',
    'two chunks': '1\r\n1\r\n2\r\n23\r\n0\r\n\r\n',
    'leading zeros': '0000000000000000000001\r\n1\r\n0000\r\n\r\n',
    extensions: '1;a=b;c="d"\r\n1\r\n0;e\r\n\r\n',
    'a trailer': '1\r\n1\r\n0\r\nA: b\r\n\r\n',
    'a trailer that would be a head': '1\r\n1\r\n0\r\nContent-Length: 50\r\nHost: evil\r\n\r\n',
    'LF after the size': '1\n1\r\n0\r\n\r\n',
    'LF after the data': '1\r\n1\n0\r\n\r\n',
    'LF at the end': '1\r\n1\r\n0\n\n',
    'NUL in an extension': '1;\0\r\n1\r\n0\r\n\r\n',
  };
  for (const [name, body] of Object.entries(bodies)) {
    assert.deepEqual(await refusals(server, chunked(body) + SMUGGLED), [201], name);
    assert.deepEqual(await refusals(server, get('Transfer-Encoding: chunked\r\n') + body + SMUGGLED), [200], `${name}, of a GET`);
  }
  assert.deepEqual(await refusals(server, chunked(bodies.plain).replace('chunked', 'CHUNKED') + SMUGGLED), [201]);
});

test('a body of chunks is put together, also of bytes that come one by one', async (t) => {
  const server = await start(t);
  const client = openSocket(server);
  await arrivesByteByByte(client, chunked('5;a=b\r\nhello\r\n6\r\n there\r\n0\r\nA: b\r\n\r\n'));
  await client.ended();
  assert.deepEqual(statuses(client.received()), [201]);
  assert.equal((await request(server, '/poll?since=0')).json().updates[0].data, 'hello there');
});

test('what is unusual but clear is answered, and the connection goes on', async (t) => {
  const server = await start(t);
  const texts = {
    'empty lines first': [200, `\r\n\r\n${GOOD}`],
    'white space around a value': [200, get('A: \t b \t\r\nC:d\r\nE:\r\nF: \r\n')],
    'a value beyond ASCII': [200, get('A: \xe9\r\n')],
    'all that a name may hold': [200, get("!#$%&'*+-.^_`|~1a: b\r\n")],
    'an underscore in a name': [200, get('Transfer_Encoding: chunked\r\n')],
    'leading zeros of a Content-Length': [201, post('Content-Length: 0001\r\n', '1')],
    'a GET with a body': [200, get('Content-Length: 3\r\n') + 'abc'],
    'HTTP/1.2': [200, head('GET /poll HTTP/1.2')],
    'a URL': [200, target('http://localhost/poll?since=0')],
    'a URL in capitals': [200, target('HTTP://LOCALHOST/poll')],
    'a URL without a path': [200, target('http://localhost')],
    'an escaped path': [200, target('/%70oll')],
    'what browsers leave in queries': [200, target('/poll?a="<>^`{|}\\')],
    'a long target': [200, target(`/poll?a=${'a'.repeat(14000)}`)],
    'many fields': [200, get('A: b\r\n'.repeat(100))],
    'a long field': [200, get(`A: ${'a'.repeat(14000)}\r\n`)],
    'OPTIONS *': [204, head('OPTIONS * HTTP/1.1')],
  };
  for (const [name, [status, text]] of Object.entries(texts))
    assert.deepEqual(await answers(server, text + GOOD, 2), [status, 200], name);
  assert.deepEqual(await answers(server, post('Expect: 100-continue\r\nContent-Length: 1\r\n', '1') + GOOD, 3), [100, 201, 200]);
  assert.deepEqual(await refusals(server, head('GET /poll HTTP/1.0') + SMUGGLED), [200]);
});

test('a head that is too large is refused with 414 or 431', async (t) => {
  const server = await start(t);
  const long = 'a'.repeat(16500);
  for (const [status, text] of [[414, `GET /${long}`], [431, `GET /poll HTTP/1.1\r\n${HOST}A: ${long}`]]) {
    const client = openSocket(server);
    client.write(text.slice(0, 16384));
    await client.until((bytes) => statuses(bytes)[0] === status, `the ${status}`);
    client.socket.destroy();
  }
});

test('every endpoint answers every method, and the connection goes on', async (t) => {
  const server = await start(t);
  const read = 'GET, HEAD';
  const allowed = { '/': read, '/poll': read, '/longpoll': read, '/events': read, '/stats': read, '/health/live': read,
    '/health/ready': read, '/publish': 'POST', '/ws': 'GET' };
  for (const [path, allow] of Object.entries(allowed)) {
    const options = await request(server, path, { method: 'OPTIONS' });
    assert.deepEqual([options.status, options.headers.allow, options.text], [204, `${allow}, OPTIONS`, ''], path);
    for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE', 'FOO', 'get'])
      assert.deepEqual(await answers(server, head(`${method} ${path} HTTP/1.1`) + GOOD, 2), [405, 200], `${method} ${path}`);
    const { headers } = await request(server, path, { method: 'PUT', body: 'x' });
    assert.deepEqual([headers.allow, headers['content-type']], [allow, 'application/problem+json'], path);
  }
  for (const method of ['HEAD', 'PUT', 'OPTIONS', 'FOO']) {
    const below = await answers(server, head(`${method} /socket.io/ HTTP/1.1`) + GOOD, 2);
    assert.deepEqual(below, [400, 200], `${method} /socket.io/`);
    assert.deepEqual(await answers(server, head(`${method} /nowhere HTTP/1.1`) + GOOD, 2), [404, 200], `${method} /nowhere`);
  }
  for (const method of ['GET', 'POST', 'DELETE']) {
    const nowhere = await request(server, '/nowhere', { method });
    assert.deepEqual([nowhere.status, nowhere.headers['content-type']], [404, 'application/problem+json'], method);
  }
  const head405 = await answers(server, head('HEAD /publish HTTP/1.1') + GOOD, 2);
  assert.deepEqual(head405, [405, 200], 'HEAD /publish');
});

await run();
