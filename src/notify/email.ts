import * as z from 'zod';
import { alertEmail, changeEmail, emailSettings, type EmailMessage } from './email-message.ts';
import type { Answer, Means, Sender } from './channel.ts';
import { networkReason } from './send.ts';
import { secretText, sharedSettings } from './settings.ts';
import { templateSetting } from './wording.ts';

/**
 * E-mail by SMTP (RFC 5321), with nodemailer: https://nodemailer.com/smtp. One connection a message, so that a server that
 * closes idle ones costs nothing.
 */

const hostName = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[?[0-9a-fA-F:]{2,45}\]?)$/;
const loopback = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/;

export const smtpSettings = z
  .strictObject({
    type: z.literal('email').describe('E-mail by SMTP.'),
    ...sharedSettings,
    template: templateSetting,
    host: z
      .string()
      .regex(hostName, 'is no name or address of a host')
      .describe('Name of the mail server, such as smtp.example.com.'),
    port: z.int().min(1).max(65_535).default(587).describe('Port: 587 for `starttls`, 465 for `implicit`.'),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .default('starttls')
      .describe(
        '`starttls` demands TLS before anything is said, `implicit` begins with it, `none` speaks in the clear and only to this machine, or where `allowPlain` permits it.',
      ),
    allowPlain: z
      .boolean()
      .default(false)
      .describe('Permit `tls: none` to another machine, for a network that you trust.'),
    ca: secretText(
      'Certificate of the authority that stands behind the server, as PEM, where it is not a public one.',
    ).optional(),
    user: z.string().min(1).max(320).optional().describe('Name to sign in with; without it nobody signs in.'),
    password: secretText('Password to sign in with.').optional(),
    ...emailSettings,
    changes: z
      .boolean()
      .default(true)
      .describe('Reply to the first message when the status, the severity or the count of an alert changes.'),
  })
  .superRefine(({ host, tls, allowPlain, user, password }, context) => {
    const problem = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (tls === 'none' && !allowPlain && !loopback.test(host))
      problem('tls', 'is `none`, which would show alerts to the network on the way; use `starttls`');
    if ((user === undefined) !== (password === undefined))
      problem('password', 'belongs to `user`: set both or neither');
  });

export type SmtpSettings = z.output<typeof smtpSettings>;

export const email = {
  type: 'email' as const,
  settings: smtpSettings,

  open(settings: SmtpSettings): Sender {
    return {
      send: (messages, means) =>
        Promise.all(
          messages
            .map(({ alert, context }) => alertEmail(alert, settings.from, context))
            .map((message) => sendMail(message, settings, means)),
        ),
      ...(settings.changes
        ? {
            follow: async ({ alert, context }, means) => {
              const message = changeEmail(alert, settings.from, context);
              if (message === undefined) return { type: 'accepted' };
              const answer = await sendMail(message, settings, means);
              // Replies are to the first message, and not to one another.
              return answer.type === 'accepted' ? { type: 'accepted' } : answer;
            },
          }
        : {}),
    };
  },
};

async function sendMail(message: EmailMessage, settings: SmtpSettings, means: Means): Promise<Answer> {
  const { host, port, tls, ca, user, password } = settings;
  const place = `${host}:${port}`;
  const refusal = means.refusal(host);
  if (refusal !== undefined) return { type: 'closed', reason: `${place}: ${refusal}` };
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host: host.replace(/^\[|\]$/g, ''),
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(ca === undefined ? {} : { tls: { ca } }),
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    connectionTimeout: means.timeoutMs,
    greetingTimeout: means.timeoutMs,
    socketTimeout: means.timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const { rejected } = await transport.sendMail({
      from: { name: 'Tocsin', address: settings.from },
      to: settings.to.map((address) => ({ name: '', address })),
      subject: message.subject,
      text: message.text,
      html: message.html,
      messageId: message.messageId,
      headers: { ...message.headers },
    });
    // To send it again would tell the others twice; to say nothing would lose it for these.
    return rejected.length === 0
      ? { type: 'accepted', receipt: { messageId: message.messageId } }
      : {
          type: 'refused',
          reason: `${place} does not take ${rejected.length} of ${settings.to.length} recipients; the others have got the message`,
        };
  } catch (error) {
    return mailFailure(place, error, means.timeoutMs);
  } finally {
    transport.close();
  }
}

/** By the codes of nodemailer and of SMTP alone: texts can quote addresses, names and what was sent. */
function mailFailure(place: string, error: unknown, timeoutMs: number): Answer {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const status =
    error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number'
      ? error.responseCode
      : undefined;
  if (status !== undefined && status >= 400 && status < 500)
    return { type: 'later', reason: `${place} says ${status}` };
  if (code === 'EAUTH' || status === 530 || status === 534 || status === 535)
    return { type: 'closed', reason: `${place} does not let us sign in; check \`user\` and \`password\`` };
  if (code === 'ETLS')
    return { type: 'closed', reason: `${place} has no TLS by this way; check \`tls\`, \`port\` and \`ca\`` };
  if (code === 'EENVELOPE')
    return {
      type: 'closed',
      reason: `${place} does not take the sender or any recipient${status === undefined ? '' : ` (${status})`}; check \`from\` and \`to\``,
    };
  if (status !== undefined && status >= 500)
    return { type: 'refused', reason: `${place} says ${status}: this message is not taken` };
  if (code === 'ETIMEDOUT') return { type: 'later', reason: `${place}: no answer within ${timeoutMs} ms` };
  const text = error instanceof Error ? error.message : '';
  if (/certificate|altnames/i.test(text))
    return { type: 'later', reason: `${place}: its certificate is not trusted; check \`ca\` and \`host\`` };
  // Nodemailer keeps the code of the system in the text alone.
  const system = /\b(?:E[A-Z]{4,20}|EAI_AGAIN)\b/.exec(text)?.[0];
  const cause = system === undefined ? error : Object.assign(new Error(system), { code: system });
  return { type: 'later', reason: `${place}: ${networkReason(cause, timeoutMs)}` };
}
