import { describe, expect, it, onTestFinished } from 'vitest';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { once } from 'node:events';
import { alertEmail, changeEmail } from './email-message.ts';
import { smtpSettings } from './email.ts';
import { deliver, followUp } from './send.ts';
import { hostileAlert, normalAlert } from './testing/alerts.ts';
import { boundTo, context, recordedAlerts, resolvedContext, transport } from './testing/aws-contract.ts';
import { liveLinks } from './testing/channel-contract.ts';
import { authority, serverCertificate } from './testing/certificate.ts';

const addresses = { from: 'tocsin@example.com', to: ['ops@example.com', 'sec@example.com'] };

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly user: string | undefined;
  /** As it came over the wire. */
  readonly message: string;
}

/** A real SMTP server on loopback. */
async function mailServer(options: SMTPServerOptions = {}) {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    key: serverCertificate.key,
    cert: serverCertificate.cert,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          secure: session.secure,
          user: session.user,
          message: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
    onAuth({ username, password }, _, done) {
      if (username === 'tocsin' && password === 'not-a-real-password') done(null, { user: username });
      else done(new Error('wrong'));
    },
    ...options,
  });
  // Clients that go away in the middle are what some tests are about.
  server.on('error', () => {});
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  return {
    port,
    received,
    to: (more: object) => boundTo({ type: 'email', host: '127.0.0.1', port, ...addresses, ...more }),
  };
}

const plain = { tls: 'none' } as const;
const reply = (code: number) => Object.assign(new Error('secret <!channel>'), { responseCode: code });

/** Headers and decoded parts, by the rules of RFC 5322 and RFC 2045 as far as they are used here. */
function taken(message: string) {
  const [head = '', ...rest] = message.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const headers = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const boundary = /boundary="([^"]+)"/.exec(head)?.[1] ?? '';
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => {
      const [partHead = '', ...text] = part.trim().split('\r\n\r\n');
      const encoded = text.join('\r\n\r\n');
      const decoded = /base64/i.test(partHead)
        ? Buffer.from(encoded, 'base64').toString()
        : /quoted-printable/i.test(partHead)
          ? Buffer.from(
              encoded
                .replace(/=\r\n/g, '')
                .replace(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
              'latin1',
            ).toString()
          : encoded;
      return { type: /content-type: ([\w/]+)/i.exec(partHead)?.[1], text: decoded };
    });
  return { headers, parts };
}

describe('an e-mail', () => {
  it.each(recordedAlerts)(
    'for a %s alert is as recorded, and does nothing but say things',
    async (name, alert, link) => {
      const { subject, text, html, headers, messageId } = alertEmail(alert, addresses.from, {
        ...context,
        link,
      });
      const written = `Subject: ${subject}\nMessage-ID: ${messageId}\n${JSON.stringify(headers)}\n\n${text}\n\n${html}`;
      expect(/[^\P{Cc}\n]|[\p{Cs}\p{Bidi_C}]/u.test(written)).toBe(false);
      expect(subject).toMatch(/^[^\r\n]{1,180}$/);
      expect(Object.values(headers).filter((value) => !/^[\w.<>@-]+$/.test(value))).toEqual([]);
      expect(liveLinks([text, html, subject])).toEqual([]);
      const tags = html.match(/<[^>]*>?/g) ?? [];
      const own =
        /^<(?:!doctype html|html lang="en"|meta charset="utf-8"|\/?(?:html|head|title|body|div|h2|p|b|code|pre|a)|br|(?:body|div|h2) style="[\w:;# .-]*"|a href="https:\/\/tocsin\.example\/[^"<>]*")>$/;
      expect(tags.filter((tag) => !own.test(tag))).toEqual([]);
      expect(html.match(/&(?!(?:amp|lt|gt|quot|#39);)/g) ?? []).toEqual([]);
      await expect(written).toMatchFileSnapshot(`golden/email-${name}.txt`);
    },
  );

  it('about a change answers the first one, and says nothing where nothing has changed', () => {
    const { messageId } = alertEmail(normalAlert, addresses.from, context);
    const change = changeEmail(hostileAlert, addresses.from, resolvedContext({ messageId }));
    expect(change).toMatchObject({ headers: { 'In-Reply-To': messageId, References: messageId } });
    expect(change?.html).toContain('resolved by slack:U1: &lt;!channel&gt; \\u202efixed');
    expect(change?.messageId).not.toBe(messageId);
    const same = resolvedContext();
    expect(
      changeEmail(normalAlert, addresses.from, { ...same, told: { standing: same.standing, receipt: {} } }),
    ).toBeUndefined();
    const forged = changeEmail(
      normalAlert,
      addresses.from,
      resolvedContext({ messageId: '<a@b>\r\nBcc: x@y' }),
    );
    expect(JSON.stringify(forged)).not.toContain('Bcc');
  });

  it.each([
    ['a line break in an address', { to: ['a@example.com\r\nBcc: b@example.com'] }],
    ['two addresses in one', { to: ['a@example.com, b@example.com'] }],
    ['a name before it', { from: 'Tocsin <tocsin@example.com>' }],
    ['no recipient', { to: [] }],
    ['the clear to another machine', { host: 'mail.example.com', tls: 'none' }],
    ['a user without a password', { user: 'tocsin' }],
    ['a host with a port', { host: 'mail.example.com:25' }],
  ])('is not configured with %s', (_name, more) => {
    expect(
      smtpSettings.safeParse({ type: 'email', host: 'mail.example.com', ...addresses, ...more }).success,
    ).toBe(false);
  });
});

describe('a delivery by SMTP', () => {
  it.each(recordedAlerts)(
    'of a %s alert arrives whole, in one message with two parts',
    async (_name, alert, link) => {
      const { received, to } = await mailServer();
      const answer = await deliver(
        to(plain),
        alert,
        { ...context, link },
        { ...transport, timeoutMs: 60_000 },
      );
      expect(answer).toEqual({ type: 'accepted', receipt: { messageId: '<tocsin.delivery-1@example.com>' } });
      expect(received).toHaveLength(1);
      const { from, to: recipients, message = '' } = received[0] ?? {};
      expect([from, recipients]).toEqual([addresses.from, addresses.to]);
      const { headers, parts } = taken(message);
      const names = headers.map((header) => header.slice(0, header.indexOf(':')).toLowerCase());
      expect(names.toSorted()).toEqual([
        'auto-submitted',
        'content-type',
        'date',
        'from',
        'message-id',
        'mime-version',
        'subject',
        'to',
        'x-auto-response-suppress',
        'x-tocsin-alert',
        'x-tocsin-severity',
      ]);
      const { text, html } = alertEmail(alert, addresses.from, { ...context, link });
      const unbroken = (written: string) => written.replace(/\r\n/g, '\n').trim();
      expect(parts.map(({ type, text: part }) => [type, unbroken(part)])).toEqual([
        ['text/plain', unbroken(text)],
        ['text/html', unbroken(html)],
      ]);
    },
  );

  it('says what became of an alert in a reply', async () => {
    const { received, to } = await mailServer();
    const channel = to(plain);
    const first = await deliver(channel, normalAlert, context, transport);
    const receipt = first.type === 'accepted' ? first.receipt : undefined;
    await followUp(channel, { alert: normalAlert, context: resolvedContext(receipt) }, transport);
    const { headers } = taken(received[1]?.message ?? '');
    expect(headers).toContain('In-Reply-To: <tocsin.delivery-1@example.com>');
  });

  it.each([
    ['starttls', false],
    ['implicit', true],
  ] as const)('speaks TLS by %s and signs in', async (tls, secure) => {
    const { received, to } = await mailServer({ secure, authOptional: false });
    const channel = to({
      host: 'localhost',
      tls,
      ca: authority,
      user: 'tocsin',
      password: 'not-a-real-password',
    });
    expect((await deliver(channel, normalAlert, context, transport)).type).toBe('accepted');
    expect(received).toMatchObject([{ secure: true, user: 'tocsin' }]);
  });

  it.each<[string, object, SMTPServerOptions, string, RegExp]>([
    ['a wrong password', { ca: authority, user: 'tocsin', password: 'x' }, {}, 'closed', /sign in/],
    ['a certificate of an unknown authority', {}, {}, 'later', /authority|self-signed|certificate/],
    ['a server without TLS', {}, { disabledCommands: ['STARTTLS'] }, 'closed', /no TLS/],
    [
      'recipients that are all refused',
      plain,
      { onRcptTo: (_, __, done) => done(reply(550)) },
      'closed',
      /any recipient \(550\)/,
    ],
    [
      'one recipient of two that is refused',
      plain,
      { onRcptTo: ({ address }, _, done) => done(address.startsWith('ops') ? reply(550) : null) },
      'refused',
      /1 of 2 recipients/,
    ],
    ['a full mailbox', plain, { onRcptTo: (_, __, done) => done(reply(452)) }, 'later', /452/],
    [
      'a message that is not taken',
      plain,
      { onData: (stream, _, done) => void stream.resume().on('end', () => done(reply(554))) },
      'refused',
      /554/,
    ],
    ['a server that closes', plain, { onConnect: (_, done) => done(reply(421)) }, 'later', /421/],
  ])('ends well after %s, and quotes nothing', async (_name, more, options, type, reason) => {
    const { to } = await mailServer(options);
    const answer = await deliver(to({ host: 'localhost', ...more }), normalAlert, context, transport);
    expect(answer).toMatchObject({ type, reason: expect.stringMatching(reason) });
    expect(JSON.stringify(answer)).not.toMatch(/secret|<!|@example/);
  });

  it('is tried again after silence, and where nobody listens', async () => {
    const { to } = await mailServer({ onConnect: () => {} });
    const silence = await deliver(to(plain), normalAlert, context, { ...transport, timeoutMs: 200 });
    expect(JSON.stringify(silence)).toMatch(/"later".*no answer within/);
    const nobody = boundTo({ type: 'email', host: '127.0.0.1', port: 1, tls: 'none', ...addresses });
    expect(await deliver(nobody, normalAlert, context, transport)).toMatchObject({
      type: 'later',
      reason: expect.stringContaining('refused'),
    });
  });

  it('goes to no private address where that is not allowed', async () => {
    const { to, received } = await mailServer();
    const answer = await deliver(to(plain), normalAlert, context, {
      ...transport,
      allowPrivateAddresses: false,
    });
    expect(answer).toMatchObject({ type: 'closed', reason: expect.stringContaining('private or local') });
    expect(received).toEqual([]);
  });
});
