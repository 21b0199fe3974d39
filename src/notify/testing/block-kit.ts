import * as z from 'zod';

/**
 * Slack's documented limits as a strict schema: what Slack refuses or silently cuts is a problem here, and so is any key
 * that the documentation does not name. https://docs.slack.dev/reference/block-kit/blocks
 */

const wellFormed = z.string().refine((text) => text.isWellFormed(), 'holds half of a surrogate pair');
const text = (max: number) => wellFormed.min(1).max(max);
const httpUrl = text(3000).refine(
  (url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''),
  'is no http address',
);

const plainText = (max: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: text(max), emoji: z.boolean().optional() });
const markdown = (max: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: text(max), verbatim: z.boolean().optional() });
const anyText = (max: number) => z.discriminatedUnion('type', [plainText(max), markdown(max)]);

const style = z.strictObject({
  bold: z.boolean().optional(),
  italic: z.boolean().optional(),
  strike: z.boolean().optional(),
  code: z.boolean().optional(),
});
const richElement = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: text(3000), style: style.optional() }),
  z.strictObject({
    type: z.literal('link'),
    url: httpUrl,
    text: text(3000).optional(),
    style: style.optional(),
  }),
  z.strictObject({
    type: z.literal('date'),
    timestamp: z.int().min(0),
    format: text(200).refine((format) => /\{(?:date|time|ago)\w*\}/.test(format), 'holds no date token'),
    url: httpUrl.optional(),
    fallback: text(200).optional(),
  }),
]);
const richSection = z.strictObject({
  type: z.literal('rich_text_section'),
  elements: z.array(richElement).min(1),
});
const richList = z.strictObject({
  type: z.literal('rich_text_list'),
  style: z.enum(['bullet', 'ordered']),
  indent: z.int().min(0).max(8).optional(),
  elements: z.array(richSection).min(1),
});
const richPreformatted = z.strictObject({
  type: z.literal('rich_text_preformatted'),
  elements: z.array(richElement).min(1),
  border: z.int().min(0).max(1).optional(),
});
const button = z.strictObject({
  type: z.literal('button'),
  text: plainText(75),
  action_id: text(255).optional(),
  url: httpUrl.optional(),
  value: text(2000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
});

const staticSelect = z.strictObject({
  type: z.literal('static_select'),
  action_id: text(255),
  placeholder: plainText(150),
  options: z
    .array(z.strictObject({ text: plainText(75), value: text(150) }))
    .min(1)
    .max(100),
});

const blockId = { block_id: text(255).optional() };
const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), text: plainText(150), ...blockId }),
  z.strictObject({ type: z.literal('divider'), ...blockId }),
  z.strictObject({
    type: z.literal('section'),
    text: anyText(3000).optional(),
    fields: z.array(anyText(2000)).min(1).max(10).optional(),
    ...blockId,
  }),
  z.strictObject({ type: z.literal('context'), elements: z.array(anyText(3000)).min(1).max(10), ...blockId }),
  z.strictObject({
    type: z.literal('actions'),
    elements: z
      .array(z.discriminatedUnion('type', [button, staticSelect]))
      .min(1)
      .max(25),
    ...blockId,
  }),
  z.strictObject({
    type: z.literal('rich_text'),
    elements: z.array(z.discriminatedUnion('type', [richSection, richList, richPreformatted])).min(1),
    ...blockId,
  }),
]);

const message = z.strictObject({
  /** Slack cuts at 40,000 and advises 4,000. */
  text: text(4000),
  blocks: z.array(block).max(50).optional(),
  attachments: z
    .array(
      z.strictObject({
        color: z
          .string()
          .regex(/^#[0-9a-f]{6}$/i)
          .optional(),
        fallback: text(4000).optional(),
        blocks: z.array(block).min(1).max(50),
      }),
    )
    .max(20)
    .optional(),
  channel: text(200).optional(),
  /** Of the message to change, and of the one to reply to. */
  ts: text(40).optional(),
  thread_ts: text(40).optional(),
  reply_broadcast: z.boolean().optional(),
  mrkdwn: z.boolean().optional(),
  parse: z.enum(['none', 'full']).optional(),
  link_names: z.boolean().optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
});

export type CheckedMessage = z.output<typeof message>;

/** Slack answers `msg_blocks_too_long` somewhere past 13,000 characters. */
const longestBlocks = 13_000;

/** The message, or everything that Slack would not take in it. */
export function checkMessage(
  payload: unknown,
): { readonly message: CheckedMessage } | { readonly problems: readonly string[] } {
  const result = message.safeParse(payload);
  if (!result.success) {
    return {
      problems: result.error.issues.map(({ path, message: reason }) => `${path.join('.')}: ${reason}`),
    };
  }
  const { blocks = [], attachments = [] } = result.data;
  const length = stringsIn([blocks, attachments]).reduce((sum, one) => sum + one.length, 0);
  return length > longestBlocks
    ? { problems: [`blocks: ${length} characters of text; Slack takes about ${longestBlocks}`] }
    : { message: result.data };
}

/** Every place where Slack would act on the text of a message: mention somebody, link, format, show a picture. Empty for a message that only says things. */
export function liveMarkup(payload: CheckedMessage): readonly string[] {
  const found: string[] = [];
  const strings = stringsIn([payload.blocks ?? [], payload.attachments ?? []]);
  for (const one of [payload.text, ...strings]) {
    for (const [token] of one.matchAll(/<[^>]*>?|@(?:here|channel|everyone|group)\b/gi)) found.push(token);
  }
  const entities = payload.text.replace(/&(?:amp|lt|gt);/g, '');
  for (const [token] of entities.matchAll(/&|:\/\/|:[\w+'-]+:|[*_~`](?!\u2060)/g)) found.push(token);
  return found;
}

/** All string values below a value, keys not among them. */
export function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}
