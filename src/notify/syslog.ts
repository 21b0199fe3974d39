import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { hostname as ownHostname } from 'node:os';
import { connect as connectTls } from 'node:tls';
import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { alertLine, changeLine, formatSetting } from './alert-line.ts';
import type { Answer, DeliveryContext, FollowUpContext, Means, Sender } from './channel.ts';
import { networkReason } from './send.ts';
import { secretText, sharedSettings } from './settings.ts';
import { syslogMessage } from './syslog-message.ts';

/**
 * Syslog over TLS (RFC 5425), TCP (RFC 6587, frames with their length) and UDP (RFC 5426). None of them answers: what is reported as delivered was
 * taken by the receiver's system, and its end of the connection was closed in order.
 */

const loopback = /^(?:localhost|127(?:\.\d+){3}|::1)$/;

export const syslogSettings = z
  .strictObject({
    type: z.literal('syslog').describe('Syslog (RFC 5424) over TLS, TCP or UDP; also CEF and OCSF by it.'),
    ...sharedSettings,
    host: z
      .string()
      .regex(
        /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9a-fA-F:]{2,45})$/,
        'is no name or address of a host',
      )
      .describe('Name or address of the receiver.'),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('Port: 6514 for `tls`, 514 for `tcp` and `udp`, where left out.'),
    transport: z
      .enum(['tls', 'tcp', 'udp'])
      .default('tls')
      .describe('How messages travel. Only `tls` hides them on the way.'),
    allowPlain: z
      .boolean()
      .default(false)
      .describe('Permit `tcp` and `udp` to another machine, for a network that you trust.'),
    ca: secretText(
      'Certificate of the authority that stands behind the receiver, as PEM, where it is not a public one.',
    ).optional(),
    clientCertificate: secretText(
      'Certificate of this sender as PEM, where the receiver asks for one.',
    ).optional(),
    clientKey: secretText('Key of that certificate as PEM.').optional(),
    format: formatSetting.default('text'),
    facility: z
      .int()
      .min(0)
      .max(23)
      .default(13)
      .describe('Facility of the messages: 13 is the log audit, 10 security, 16 to 23 are local.'),
    hostname: z
      .string()
      .regex(/^[\x21-\x7e]{1,255}$/, 'holds what no name of a host has')
      .optional()
      .describe("Name of the sender in the messages; this machine's where left out."),
    enterpriseNumber: z
      .int()
      .min(1)
      .max(4_294_967_295)
      .optional()
      .describe(
        'A private enterprise number (IANA) of yours. With it, messages have structured data `tocsin@NUMBER` with alert, rule, severity, account, region, actor, action and address.',
      ),
    maxBytes: z
      .int()
      .min(2048)
      .max(1_048_576)
      .default(8192)
      .describe(
        'Longest text of a message in bytes, without its head. What does not fit is left out; over UDP at most 60000 count.',
      ),
    changes: z
      .boolean()
      .default(false)
      .describe('Send a message also when the status, the severity or the count of an alert changes.'),
  })
  .superRefine(({ host, transport, allowPlain, clientCertificate, clientKey, format, maxBytes }, context) => {
    const problem = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (transport !== 'tls' && !allowPlain && !loopback.test(host))
      problem('transport', `is ${transport}, which would show alerts to the network on the way; use tls`);
    if ((clientCertificate === undefined) !== (clientKey === undefined))
      problem('clientKey', 'belongs to `clientCertificate`: set both or neither');
    if (format === 'json' && maxBytes < 65_536)
      problem('maxBytes', 'must be at least 65536 for `format: json`, which a whole alert needs');
    if (format === 'json' && transport === 'udp')
      problem('format', 'is `json`, which does not fit a datagram; use another format, or tcp or tls');
  });

export type SyslogSettings = z.output<typeof syslogSettings>;

const datagram = 60_000;

export const syslog = {
  type: 'syslog' as const,
  settings: syslogSettings,

  open(settings: SyslogSettings): Sender {
    const hostname = settings.hostname ?? ownHostname();
    return {
      // Over UDP each has an answer of its own; over a connection one broken frame would be the fault of all.
      most: 100,
      send: async (messages, means) => {
        const texts = messages.map(({ alert, context }) => renderSyslog(alert, settings, context, hostname));
        const answer = await transmit(texts, settings, means);
        return messages.map(() => answer);
      },
      ...(settings.changes
        ? {
            follow: ({ alert, context }, means) =>
              transmit([renderChange(alert, settings, context, hostname)], settings, means),
          }
        : {}),
    };
  },
};

/** Pure: the message of one alert. */
function renderSyslog(
  alert: Alert,
  settings: SyslogSettings,
  context: DeliveryContext,
  hostname: string,
): string {
  const { format, facility, enterpriseNumber } = settings;
  const text = alertLine(alert, context, format, longest(settings));
  const severity = context.standing?.severity ?? alert.severity;
  return syslogMessage(alert, severity, text, { facility, hostname, enterpriseNumber, format });
}

function renderChange(
  alert: Alert,
  settings: SyslogSettings,
  context: FollowUpContext,
  hostname: string,
): string {
  const { format, facility, enterpriseNumber } = settings;
  const text = changeLine(alert, context, format, longest(settings));
  return syslogMessage(alert, context.standing.severity, text, {
    facility,
    hostname,
    enterpriseNumber,
    format,
  });
}

function longest({ transport, maxBytes }: SyslogSettings): number {
  return transport === 'udp' ? Math.min(maxBytes, datagram) : maxBytes;
}

async function transmit(texts: readonly string[], settings: SyslogSettings, means: Means): Promise<Answer> {
  const { host, transport } = settings;
  const port = settings.port ?? (transport === 'tls' ? 6514 : 514);
  const place = `${host}:${port}`;
  const refusal = means.refusal(host);
  if (refusal !== undefined) return { type: 'closed', reason: `${place}: ${refusal}` };
  try {
    if (transport === 'udp') await sendDatagrams(texts, host, port, means.signal);
    else await sendFrames(texts, settings, port, means.signal);
    return { type: 'accepted' };
  } catch (error) {
    if (means.signal.aborted)
      return { type: 'later', reason: `${place}: no answer within ${means.timeoutMs} ms` };
    return { type: 'later', reason: `${place}: ${networkReason(error, means.timeoutMs)}` };
  }
}

/** Connected, so that a machine that refuses them says so at the next one. */
async function sendDatagrams(
  texts: readonly string[],
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  const socket = createSocket({ type: isIP(host) === 6 ? 'udp6' : 'udp4', signal });
  const failed = new Promise<never>((_, reject) => socket.once('error', reject));
  failed.catch(() => {});
  try {
    socket.connect(port, host);
    await Promise.race([once(socket, 'connect', { signal }), failed]);
    for (const text of texts) {
      const sent = new Promise<void>((resolve, reject) =>
        socket.send(text, (error) => (error === null ? resolve() : reject(error))),
      );
      await Promise.race([sent, failed]);
    }
    // Long enough for a refusal from this machine or the same network to come back.
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 20)), failed]);
  } finally {
    socket.close();
  }
}

/** All in one connection, and then its end in order: a receiver that went away before it had read everything resets it instead. */
async function sendFrames(
  texts: readonly string[],
  { host, transport, ca, clientCertificate, clientKey }: SyslogSettings,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  const socket: Socket =
    transport === 'tls'
      ? connectTls({
          host,
          port,
          minVersion: 'TLSv1.2',
          ...(isIP(host) === 0 ? { servername: host } : {}),
          ...(ca === undefined ? {} : { ca }),
          ...(clientCertificate === undefined ? {} : { cert: clientCertificate }),
          ...(clientKey === undefined ? {} : { key: clientKey }),
        })
      : connectTcp({ host, port });
  const abort = (): void => void socket.destroy(new Error('too late'));
  signal.addEventListener('abort', abort, { once: true });
  const failed = new Promise<never>((_, reject) => socket.once('error', reject));
  failed.catch(() => {});
  try {
    await Promise.race([once(socket, transport === 'tls' ? 'secureConnect' : 'connect'), failed]);
    // What a receiver says is not looked at, but has to be taken off so that its end is seen.
    socket.resume();
    const closed = once(socket, 'close');
    const ended = new Promise<void>((resolve) =>
      socket.end(texts.map((text) => `${Buffer.byteLength(text)} ${text}`).join(''), () => resolve()),
    );
    await Promise.race([ended, failed]);
    // Some receivers keep their half open; a second is enough for one that has something to object.
    let patience: NodeJS.Timeout | undefined;
    const waited = new Promise((resolve) => {
      patience = setTimeout(resolve, 1000);
    });
    await Promise.race([closed, waited, failed]);
    clearTimeout(patience);
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}
