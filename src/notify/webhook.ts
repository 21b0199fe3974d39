import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { createdEvent } from './alert-event.ts';
import type { ChannelRequest, DeliveryContext } from './channel.ts';
import { readStatus } from './send.ts';
import { addressProblem, secretText, sharedSettings } from './settings.ts';
import { jsonEscape } from './json-template.ts';
import { jsonTemplateSetting } from './wording.ts';

/**
 * Any HTTP receiver: the whole alert as JSON, signed per Standard Webhooks
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 *
 * How a receiver checks a request, with a library of https://www.standardwebhooks.com or by hand:
 *
 * 1. Take the body as bytes, before anything parses it.
 * 2. Refuse it when `webhook-timestamp` (seconds since the epoch) is more than five minutes from the own clock.
 * 3. Make HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>`. The key is the secret: what follows `whsec_`,
 *    decoded from base64, or the bytes of a secret without that prefix. Write it as base64.
 * 4. `webhook-signature` holds one or more signatures `v1,<base64>` with spaces between them; one of them must be the
 *    same, compared in constant time.
 * 5. Remember `webhook-id` for two days and answer 200 at once to an id seen before: it is the same for every attempt.
 *
 * The body is `{ "type": "alert.created", "timestamp": <time of decision, ISO 8601>, "data": { "alert", "link", "shortened" } }`.
 */

const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
const ownHeaders =
  /^(?:webhook-.*|content-type|content-length|transfer-encoding|host|connection|expect|upgrade|keep-alive|te|trailer|user-agent)$/i;

function secretProblem(secret: string): string | undefined {
  const key = signingKey(secret)?.export();
  if (key === undefined) return 'starts with whsec_ but what follows is not base64';
  return key.length < 24
    ? `has ${key.length} bytes; use at least 24, for example "whsec_" and the output of: openssl rand -base64 32`
    : undefined;
}

function webhookSecret(description: string) {
  return secretText(description).superRefine((secret, context) => {
    const message = secretProblem(secret);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

export const webhookSettings = z
  .strictObject({
    type: z.literal('webhook').describe('Signed JSON to any HTTP address.'),
    ...sharedSettings,
    template: jsonTemplateSetting,
    url: secretText(
      'Address that gets a POST for every alert. Treated as a secret, as many receivers put a key into it.',
    ),
    secret: webhookSecret(
      'Key of the signature: `whsec_` and base64 of 24 to 64 random bytes, or any text of at least 24 bytes.',
    ),
    previousSecret: webhookSecret(
      'The secret before the present one. While it is set, requests carry both signatures, so that receivers can change over at leisure.',
    ).optional(),
    headers: z
      .record(
        z
          .string()
          .regex(headerName, 'is no header name')
          .refine((name) => !ownHeaders.test(name), 'is a header that Tocsin sets itself'),
        secretText('Value of the header.').regex(
          /^[\t\x20-\x7e]*$/,
          'holds characters that a header cannot carry',
        ),
      )
      .default({})
      .describe('Further headers, such as `Authorization`.'),
    allowHttp: z
      .boolean()
      .default(false)
      .describe(
        'Permit an address that starts with http: and is not on this machine, for a network that you trust.',
      ),
    maxBytes: z
      .int()
      .min(65_536)
      .default(262_144)
      .describe(
        'Largest body in bytes. A bigger alert goes without its raw event, and says so, instead of being lost.',
      ),
  })
  .superRefine((settings, context) => {
    const message = addressProblem(settings.url, settings);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['url'], message });
  });

export type WebhookSettings = z.output<typeof webhookSettings>;

export const webhook = {
  type: 'webhook' as const,
  settings: webhookSettings,

  render(alert: Alert, settings: WebhookSettings, context: DeliveryContext): ChannelRequest {
    const own = context.wording?.(jsonEscape, settings.maxBytes / 4);
    const body = own ?? createdEvent(alert, context, settings.maxBytes);
    const timestamp = String(Math.floor(context.now / 1000));
    const secrets = [
      settings.secret,
      ...(settings.previousSecret === undefined ? [] : [settings.previousSecret]),
    ];
    const signed = `${context.idempotencyKey}.${timestamp}.${body}`;
    return {
      url: settings.url,
      method: 'POST',
      headers: {
        ...settings.headers,
        'content-type': 'application/json',
        'user-agent': 'tocsin',
        'webhook-id': context.idempotencyKey,
        'webhook-timestamp': timestamp,
        'webhook-signature': secrets.map((secret) => sign(secret, signed)).join(' '),
      },
      body,
    };
  },

  read: readStatus,
};

/** `v1,<base64>` */
export function sign(secret: string, signed: string): string {
  // The settings schema has checked that the key decodes.
  return `v1,${createHmac('sha256', signingKey(secret) ?? secret)
    .update(signed)
    .digest('base64')}`;
}

/** A key and not its bytes, which Node takes three times as long to sign with. */
function signingKey(secret: string): KeyObject | undefined {
  if (!secret.startsWith('whsec_')) return createSecretKey(secret, 'utf8');
  const encoded = secret.slice('whsec_'.length);
  return /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? createSecretKey(encoded, 'base64') : undefined;
}
