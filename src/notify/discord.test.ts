import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { discord, discordSettings } from './discord.ts';
import { markdownText } from './markdown.ts';
import { normalAlert } from './testing/alerts.ts';
import { stringsIn } from './testing/block-kit.ts';
import { liveLinks, testChannel } from './testing/channel-contract.ts';

const path = '/api/webhooks/1/not-a-real-token';

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
const message = z.strictObject({
  embeds: z
    .array(
      z.strictObject({
        title: z.string().min(1).max(256),
        url: z.url().optional(),
        color: z.int().min(0).max(0xffffff),
        description: z.string().max(4096),
      }),
    )
    .length(1)
    .refine(([embed]) => (embed?.title.length ?? 0) + (embed?.description.length ?? 0) <= 6000),
  allowed_mentions: z.strictObject({ parse: z.tuple([]) }),
});

/** What Discord would make a mention, a link, a picture or a heading of, with its escapes and code taken out. */
function live(body: unknown): readonly string[] {
  const bare = stringsIn(body)
    .filter((text) => !text.startsWith('https://tocsin.example/'))
    .map((text) =>
      text
        .replace(/```diff\n[^`]*\n```/g, '')
        .replace(/\\[^0-9A-Za-z\s]/g, '')
        .replace(/`[^`\n]*`/g, '')
        .replace(/<t:\d+:F>/g, '')
        .replace(/\[[\w ]+\]\(https:\/\/tocsin\.example\/[^)]*\)/g, '')
        .replace(/\*\*/g, ''),
    );
  return [...liveLinks(bare), ...bare.flatMap((text) => text.match(/[<>[\]`*_~|@]|^\s*[#>]/gm) ?? [])];
}

testChannel({
  channel: discord,
  settings: (base) => ({ type: 'discord', webhookUrl: base + path }),
  base: 'https://discord.com',
  body: message,
  maxBytes: 100_000,
  method: 'POST',
  path: `${path}?wait=true`,
  accepted: { type: 'answer', status: 200, body: '{"id":"1"}' },
  unauthorised: { type: 'answer', status: 404, body: '{"message":"Unknown Webhook","code":10015}' },
  live,
});

describe('Discord', () => {
  const read = (status: number, body: string) =>
    discord.read({ status, body, headers: new Headers(), retryAfterMs: 5000 });

  it('names the wait with a fraction in its answer', () => {
    expect(read(429, '{"message":"limited","retry_after":0.6543,"global":false}')).toMatchObject({
      type: 'later',
      afterMs: 655,
    });
    expect(read(429, 'error 1015')).toMatchObject({ type: 'later', afterMs: 5000 });
  });

  it.each([
    ['closed', 220001],
    ['closed', 50083],
    ['refused', 50035],
  ])('means %s with code %i', (type, code) => {
    expect(read(400, JSON.stringify({ code, message: 'x' })).type).toBe(type);
  });

  it('writes to a thread where one is named', () => {
    const settings = discordSettings.parse({
      type: 'discord',
      webhookUrl: `https://discord.com${path}`,
      threadId: '42',
    });
    const { url } = discord.render(normalAlert, settings, { idempotencyKey: 'd', link: undefined, now: 0 });
    expect(url).toBe(`https://discord.com${path}?wait=true&thread_id=42`);
  });

  it('repeats a title in full below it where it does not fit', () => {
    const settings = discordSettings.parse({ type: 'discord', webhookUrl: `https://discord.com${path}` });
    const title = `${'_'.repeat(200)} end`;
    const context = { idempotencyKey: 'd', link: undefined, now: 0 };
    const { embeds } = message.parse(
      JSON.parse(discord.render({ ...normalAlert, title }, settings, context).body),
    );
    expect(embeds[0]?.description.split('\n')[0]).toContain(' end');
  });
});

describe('text in Markdown', () => {
  it.each([
    ['# title', '\\# title'],
    ['- item', '\\- item'],
    ['12. item', '12\\. item'],
    ['a-b 1.5 #c', 'a-b 1.5 #c'],
    [':skull: arn:aws:s3', '\\:skull: arn\\:aws:s3'],
    ['[a](b) <b> `c` \\', '\\[a\\](b) \\<b\\> \\`c\\` \\\\'],
    ['&lt; a@b.example', '\\&lt; a\\@b.example'],
  ])('%s', (text, escaped) => expect(markdownText(text)).toBe(escaped));
});
