import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { googlechat, googlechatSettings } from './googlechat.ts';
import { stringsIn } from './testing/block-kit.ts';
import { liveLinks, testChannel } from './testing/channel-contract.ts';

const path = '/v1/spaces/AAAA/messages?key=not-a-real-key&token=not-a-real-token';

/** https://developers.google.com/workspace/chat/api/reference/rest/v1/cards */
const textParagraph = z.strictObject({ textParagraph: z.strictObject({ text: z.string().min(1) }) });
const buttonList = z.strictObject({
  buttonList: z.strictObject({
    buttons: z
      .array(
        z.strictObject({
          text: z.string(),
          onClick: z.strictObject({ openLink: z.strictObject({ url: z.url({ protocol: /^https?$/ }) }) }),
        }),
      )
      .min(1),
  }),
});
const message = z.strictObject({
  fallbackText: z.string().min(1),
  cardsV2: z
    .array(
      z.strictObject({
        cardId: z.string(),
        card: z.strictObject({
          header: z.strictObject({ title: z.string().min(1), subtitle: z.string() }),
          sections: z.array(
            z.strictObject({ widgets: z.array(z.union([textParagraph, buttonList])).min(1) }),
          ),
        }),
      }),
    )
    .length(1),
});

/** Tags other than bold, half entities, and links. */
function live(body: unknown): readonly string[] {
  const tags = stringsIn(body).flatMap(
    (text) => text.replace(/<\/?b>|&(?:amp|lt|gt|quot);/g, '').match(/[<>]|&(?=\w+;)/g) ?? [],
  );
  return [...tags, ...liveLinks(body)];
}

testChannel({
  channel: googlechat,
  settings: (base) => ({ type: 'googlechat', webhookUrl: base + path }),
  base: 'https://chat.googleapis.com',
  body: message,
  maxBytes: 32_000,
  method: 'POST',
  path: `${path}&requestId=delivery-1`,
  accepted: { type: 'answer', status: 200, body: '{"name":"spaces/AAAA/messages/1"}' },
  unauthorised: {
    type: 'answer',
    status: 400,
    body: '{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}',
  },
  live,
});

describe('Google Chat', () => {
  it('says no to one message by another 400', () => {
    const body = '{"error":{"code":400,"status":"INVALID_ARGUMENT"}}';
    const response = { status: 400, body, headers: new Headers(), retryAfterMs: undefined };
    expect(googlechat.read(response).type).toBe('refused');
  });

  it('is not reached over plain http', () => {
    const { error } = googlechatSettings.safeParse({
      type: 'googlechat',
      webhookUrl: `http://chat.example${path}`,
    });
    expect(error?.message).toContain('use https:');
  });
});
