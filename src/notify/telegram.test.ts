import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { telegram, telegramSettings } from './telegram.ts';
import { normalAlert } from './testing/alerts.ts';
import { stringsIn } from './testing/block-kit.ts';
import { testChannel } from './testing/channel-contract.ts';

const token = '123456789:not-a-real-token';
const settings = { type: 'telegram', token, chatId: '-1001234567890' };

/** https://core.telegram.org/bots/api#sendmessage and https://core.telegram.org/bots/api#html-style */
const message = z.strictObject({
  chat_id: z.string(),
  message_thread_id: z.int().optional(),
  text: z.string().min(1).max(4096).refine(isTelegramHtml, 'cannot be parsed'),
  parse_mode: z.literal('HTML'),
  link_preview_options: z.strictObject({ is_disabled: z.literal(true) }),
});

/** Known tags, closed in order and not within code, and known entities. */
function isTelegramHtml(text: string): boolean {
  const open: string[] = [];
  for (const [tag] of text.matchAll(/<[^>]*>?|&[^;]{0,8};?/g)) {
    if (tag.startsWith('&')) {
      if (!/^&(?:amp|lt|gt|quot);$/.test(tag)) return false;
    } else if (/^<(?:b|code|pre|a href="https?:[^"<>]*")>$/.test(tag)) {
      if (open.includes('code') || open.includes('pre')) return false;
      open.push(/^<(\w+)/.exec(tag)?.[1] ?? '');
    } else if (tag !== `</${open.pop() ?? ''}>`) return false;
  }
  return open.length === 0 && !text.includes('>'.repeat(2));
}

/** What Telegram makes a link of by itself, outside of code and of links. */
function live(body: unknown): readonly string[] {
  return stringsIn(body).flatMap((text) => {
    const bare = text
      .replace(/<(code|pre)>.*?<\/\1>|<a .*?<\/a>/gs, '')
      .replace(/&\w+;/g, ' ')
      .replace(/<\/?b>/g, '');
    return text.includes('<') ? (bare.match(/:\/\/\S*|\w\.[a-z]\w*|[@#$/]\w+/gi) ?? []) : [];
  });
}

testChannel({
  channel: telegram,
  settings: (base) => ({ ...settings, apiUrl: base }),
  base: 'https://api.telegram.org',
  body: message,
  maxBytes: 100_000,
  method: 'POST',
  path: `/bot${token}/sendMessage`,
  accepted: { type: 'answer', status: 200, body: '{"ok":true,"result":{"message_id":1}}' },
  unauthorised: {
    type: 'answer',
    status: 401,
    body: '{"ok":false,"error_code":401,"description":"Unauthorized"}',
  },
  live,
});

describe('the answer of Telegram', () => {
  const read = (status: number, body: object | string) =>
    telegram.read({
      status,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: new Headers(),
      retryAfterMs: undefined,
    });

  it('names the wait in its parameters', () => {
    const parameters = { retry_after: 35 };
    expect(read(429, { ok: false, error_code: 429, parameters })).toMatchObject({ afterMs: 35_000 });
  });

  it('is no yes where it is not from Telegram', () => expect(read(200, '<html>').type).toBe('later'));

  it.each([
    ['closed', 400, 'Bad Request: chat not found'],
    ['closed', 400, 'Bad Request: group chat was upgraded to a supergroup chat'],
    ['closed', 400, 'Bad Request: message thread not found'],
    ['closed', 400, 'Bad Request: not enough rights to send text messages to the chat'],
    ['closed', 403, 'Forbidden: bot was kicked from the group chat'],
    ['closed', 404, 'Not Found'],
    ['refused', 400, "Bad Request: can't parse entities"],
    ['refused', 400, 'Bad Request: message is too long'],
  ])('means %s with %i %s', (type, status, description) => {
    expect(read(status, { ok: false, error_code: status, description }).type).toBe(type);
  });
});

describe('the settings of Telegram', () => {
  it.each([
    ['a token without a colon', { token: 'abc' }, 'no token'],
    ['a token that leads elsewhere', { token: '1:../x' }, 'no token'],
    ['a chat that is no id', { chatId: 'our group' }, 'no id'],
  ])('refuse %s', (_name, more, reason) => {
    expect(telegramSettings.safeParse({ ...settings, ...more }).error?.message).toContain(reason);
  });

  it('can name a topic', () => {
    const parsed = telegramSettings.parse({ ...settings, threadId: 7 });
    const { body } = telegram.render(normalAlert, parsed, { idempotencyKey: 'd', link: undefined, now: 0 });
    expect(JSON.parse(body)).toMatchObject({ message_thread_id: 7 });
  });
});
