import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { alertText, plainMarkup } from './alert-text.ts';
import { changeSentences } from './change-words.ts';
import type { DeliveryContext, FollowUpContext } from './channel.ts';
import { html, htmlText } from './html-text.ts';
import { plainLine, unlinked } from './plain-text.ts';
import { alertSections } from './sections.ts';
import { placeWords } from './words.ts';
import type { Wording } from './template.ts';

/** An alert as an e-mail with a plain and an HTML part; how it travels, email.ts and ses.ts say. */
export interface EmailMessage {
  /** On one line, without control characters; whoever sends it encodes it. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Names and values of further headers, which are all our own words and ids. */
  readonly headers: Readonly<Record<string, string>>;
  /** With angle brackets; the same for every attempt. */
  readonly messageId: string;
}

const limits = { subject: 180, text: 50_000, html: 90_000 } as const;

/** An address as mail servers have it (RFC 5321), without a name, quotes or comments: nothing of it can end a header. */
const emailAddress = z
  .string()
  .max(254)
  .regex(/^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'is no e-mail address');

export const emailSettings = {
  from: emailAddress.describe('Address that messages come from.'),
  to: z.array(emailAddress).min(1).max(50).describe('Addresses that messages go to.'),
};

/** The first message about an alert. */
export function alertEmail(alert: Alert, from: string, context: DeliveryContext): EmailMessage {
  const sections = alertSections(alert, context.link, context.wording);
  const { look } = sections;
  const body = alertText({ ...sections, wording: asText(context.wording) }, html, limits.html);
  return {
    subject: subjectOf(alert, `[${look.word}] `),
    text: alertText(sections, plainMarkup, limits.text, { withTitle: true }),
    html: page(look.colour, `${look.word}  ${sections.title}`, body),
    headers: headersOf(alert),
    messageId: messageIdOf(context.idempotencyKey, from),
  };
}

/** People write one text, for both forms of the message: in HTML all of it is escaped, not only the values. */
function asText(wording: Wording | undefined): Wording | undefined {
  return (
    wording &&
    ((escape, max) => {
      const own = wording((shown) => shown, max / 6);
      return own && escape(own);
    })
  );
}

/** A reply to it that says what has changed; undefined where that is nothing. */
export function changeEmail(alert: Alert, from: string, context: FollowUpContext): EmailMessage | undefined {
  const { standing, told, link } = context;
  const sentences = changeSentences(alert, standing, told.standing);
  if (sentences.length === 0) return undefined;
  const { look, title, links } = alertSections(alert, link);
  const linked = links.slice(0, 1);
  const first = told.receipt['messageId'];
  return {
    subject: subjectOf(alert, `Re: [${look.word}] `),
    text: [
      unlinked(title),
      ...sentences.map(unlinked),
      ...linked.map(({ text, url }) => plainMarkup.link(text, url)),
    ].join('\n'),
    html: page(
      look.colour,
      title,
      [...sentences.map(htmlText), ...linked.map(({ text, url }) => html.link(text, url))].join('<br>\n'),
    ),
    headers: {
      ...headersOf(alert),
      ...(first === undefined || !messageIdForm.test(first)
        ? {}
        : { 'In-Reply-To': first, References: first }),
    },
    messageId: messageIdOf(context.idempotencyKey, from),
  };
}

const messageIdForm = /^<[\w.+-]{1,200}@[\w.-]{1,255}>$/;

function subjectOf(alert: Alert, prefix: string): string {
  const { title } = alertSections(alert, undefined);
  return plainLine(`${prefix}${title} (${placeWords(alert.where)})`, limits.subject);
}

/** So that no out-of-office note comes back (RFC 3834), and mail rules have something to go by. */
function headersOf(alert: Alert): Readonly<Record<string, string>> {
  return {
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'All',
    'X-Tocsin-Alert': alert.id.replace(/[^\w-]/g, '?').slice(0, 100),
    'X-Tocsin-Severity': alert.severity,
  };
}

function messageIdOf(key: string, from: string): string {
  return `<tocsin.${key.replace(/[^\w.-]/g, '-').slice(0, 150)}@${from.slice(from.lastIndexOf('@') + 1)}>`;
}

function page(colour: string, title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${htmlText(title)}</title></head>
<body style="font-family:sans-serif">
<div style="border-left:6px solid ${colour};padding-left:12px">
<h2 style="font-size:1.1em">${htmlText(title)}</h2>
<p>${body}</p>
</div>
</body>
</html>
`;
}
