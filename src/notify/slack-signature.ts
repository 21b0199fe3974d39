import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far Slack's clock and ours may be apart, which is also how long a request can be replayed: five minutes, in seconds. */
const window = 300;

/**
 * Whether a request comes from Slack, by one of the signing secrets. https://docs.slack.dev/authentication/verifying-requests-from-slack
 * @param headers `x-slack-request-timestamp` and `x-slack-signature`
 * @param body the bytes as they came, before anything parses them
 * @param now milliseconds since the epoch
 */
export function isFromSlack(
  headers: { readonly timestamp: unknown; readonly signature: unknown },
  body: Uint8Array,
  secrets: readonly string[],
  now: number,
): boolean {
  const { timestamp, signature } = headers;
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) return false;
  if (typeof signature !== 'string' || !/^v0=[0-9a-f]{64}$/.test(signature)) return false;
  if (Math.abs(now / 1000 - Number(timestamp)) > window) return false;
  const given = Buffer.from(signature);
  // All of them are looked at, so that the time does not tell which one it is.
  return secrets
    .map((secret) => {
      const made = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex');
      return timingSafeEqual(Buffer.from(`v0=${made}`), given);
    })
    .includes(true);
}
