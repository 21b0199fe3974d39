import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createTcp, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deliver, deliverAll, followUp } from './send.ts';
import { syslogSettings } from './syslog.ts';
import { hostileAlert, normalAlert } from './testing/alerts.ts';
import { boundTo, context, recordedAlerts, resolvedContext, transport } from './testing/aws-contract.ts';
import { authority, serverCertificate } from './testing/certificate.ts';

/** RFC 5424, section 6, with what its ABNF allows and nothing else. */
const form =
  /^<(?<pri>\d{1,3})>1 (?<time>-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) (?<host>[\x21-\x7e]{1,255}) (?<app>[\x21-\x7e]{1,48}) (?<proc>[\x21-\x7e]{1,128}) (?<id>[\x21-\x7e]{1,32}) (?<data>-|(?:\[[^\s="\]]{1,32}(?: [^\s="\]]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*\])+)(?: (?<text>.*))?$/su;

/** Frames of RFC 5425 and RFC 6587: a length, a space, and as many bytes. */
function frames(bytes: Buffer): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.subarray(at, space).toString());
    if (!Number.isInteger(length) || length < 1) throw new Error(`no frame at byte ${at}`);
    found.push(bytes.subarray(space + 1, space + 1 + length).toString());
    at = space + 1 + length;
  }
  return found;
}

async function receiver(
  secure: boolean,
  onConnection: (socket: Socket) => void = () => {},
  host = '127.0.0.1',
) {
  const chunks: Buffer[] = [];
  const take = (socket: Socket): void => {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    onConnection(socket);
  };
  const server: Server = secure ? createTls({ ...serverCertificate }, take) : createTcp(take);
  server.on('tlsClientError', () => {});
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, received: () => frames(Buffer.concat(chunks)) };
}

const patient = { ...transport, timeoutMs: 60_000 };
const messages = recordedAlerts.map(([, alert, link]) => ({ alert, context: { ...context, link } }));

describe('a connection', () => {
  it.each([
    ['tls', 'text'],
    ['tcp', 'cef'],
    ['tcp', 'ocsf'],
  ] as const)('over %s brings every alert as %s, in frames that RFC 5424 knows', async (how, format) => {
    const { port, received } = await receiver(how === 'tls');
    const channel = boundTo({
      type: 'syslog',
      host: how === 'tls' ? 'localhost' : '127.0.0.1',
      port,
      transport: how,
      format,
      hostname: 'tocsin-1',
      enterpriseNumber: 32_473,
      ...(how === 'tls' ? { ca: authority } : {}),
    });
    const answers = await deliverAll(channel, messages, patient);
    expect(answers.map(({ type }) => type)).toEqual(messages.map(() => 'accepted'));
    const read = received().map((text) => form.exec(text)?.groups);
    expect(read).toHaveLength(messages.length);
    for (const groups of read) {
      expect(groups).toMatchObject({ app: 'tocsin', id: 'alert', host: 'tocsin-1' });
      expect(/[\p{Cc}\p{Cs}\p{Bidi_C}]/u.test(groups?.['text'] ?? '')).toBe(false);
      expect(groups?.['text']?.startsWith('\ufeff')).toBe(format === 'text');
    }
    expect(read[0]).toMatchObject({
      pri: String(13 * 8 + 2),
      time: new Date(normalAlert.time).toISOString(),
    });
    expect(read[0]?.['data']).toContain(`[tocsin@32473 alert="${normalAlert.id}"`);
  });

  it('says what became of an alert where that is asked for', async () => {
    const { port, received } = await receiver(false);
    const channel = boundTo({ type: 'syslog', host: '127.0.0.1', port, transport: 'tcp', changes: true });
    const answer = await followUp(channel, { alert: normalAlert, context: resolvedContext() }, transport);
    expect([answer.type, received()]).toMatchObject(['accepted', [expect.stringContaining('now resolved')]]);
  });

  it('that is cut is tried again', async () => {
    const { port } = await receiver(false, (socket) => socket.resetAndDestroy());
    const channel = boundTo({ type: 'syslog', host: '127.0.0.1', port, transport: 'tcp' });
    expect(await deliver(channel, normalAlert, context, transport)).toMatchObject({
      type: 'later',
      reason: expect.stringContaining('cut off'),
    });
  });

  it('to a receiver that keeps its half open is enough', async () => {
    const { port, received } = await receiver(false);
    const server = createTcp({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).resume());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const open = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const channel = boundTo({ type: 'syslog', host: '127.0.0.1', port: open, transport: 'tcp' });
    expect((await deliver(channel, normalAlert, context, transport)).type).toBe('accepted');
    server.close();
    expect([port > 0, received()]).toEqual([true, []]);
  });

  it.each([
    ['of an unknown authority', { host: 'localhost' }, 'authority'],
    ['for another name', { host: '127.0.0.2', ca: authority }, 'another name'],
  ])('with a certificate %s is not used', async (_name, more, reason) => {
    const { port, received } = await receiver(true, () => {}, more.host);
    const server = boundTo({ type: 'syslog', port, ...more });
    const answer = await deliver(server, normalAlert, context, transport);
    expect(answer.type).toBe('later');
    expect(JSON.stringify(answer)).toContain(reason);
    expect(received()).toEqual([]);
  });

  it('that says nothing ends with the time of the attempt', async () => {
    const silent = createTcp(() => {});
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const channel = boundTo({ type: 'syslog', host: '127.0.0.1', port, ca: authority });
    const answer = await deliver(channel, normalAlert, context, { ...transport, timeoutMs: 150 });
    silent.close();
    expect(JSON.stringify(answer)).toMatch(/"later".*no answer within/);
  });
});

describe('datagrams', () => {
  it('bring every alert, none larger than a datagram', async () => {
    const socket = createSocket('udp4');
    const received: string[] = [];
    socket.on('message', (message) => received.push(message.toString()));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    onTestFinished(() => void socket.close());
    const { port } = socket.address();
    const channel = boundTo({
      type: 'syslog',
      host: '127.0.0.1',
      port,
      transport: 'udp',
      format: 'cef',
      maxBytes: 100_000,
    });
    const answers = await deliverAll(channel, messages, patient);
    expect(answers.map(({ type }) => type)).toEqual(messages.map(() => 'accepted'));
    await expect.poll(() => received.length).toBe(messages.length);
    expect(received.every((text) => form.test(text))).toBe(true);
  });

  it('that nobody listens for are tried again, where the machine says so', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    const channel = boundTo({ type: 'syslog', host: '127.0.0.1', port, transport: 'udp' });
    expect(await deliver(channel, hostileAlert, context, patient)).toMatchObject({ type: 'later' });
  });
});

describe('the settings of syslog', () => {
  it.each([
    ['the clear to another machine', { host: 'siem.example.com', transport: 'tcp' }, 'use tls'],
    ['a certificate without its key', { clientCertificate: 'x' }, 'both or neither'],
    ['whole alerts in short lines', { format: 'json' }, 'at least 65536'],
    [
      'whole alerts in datagrams',
      { host: '127.0.0.1', transport: 'udp', format: 'json', maxBytes: 65_536 },
      'datagram',
    ],
    ['a host with a port', { host: 'siem.example.com:514' }, 'no name or address'],
  ])('refuse %s', (_name, more, reason) => {
    const { error } = syslogSettings.safeParse({ type: 'syslog', host: 'siem.example.com', ...more });
    expect(error?.message).toContain(reason);
  });

  it('send nothing to private addresses where that is not allowed', async () => {
    const channel = boundTo({ type: 'syslog', host: '10.0.0.1' });
    const answer = await deliver(channel, normalAlert, context, {
      ...transport,
      allowPrivateAddresses: false,
    });
    expect(answer).toMatchObject({ type: 'closed', reason: expect.stringContaining('private or local') });
  });
});
