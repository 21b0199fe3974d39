import type * as z from 'zod';
import type { Answer, ChannelRequest, Means } from './channel.ts';
import { readStatus } from './send.ts';

/** An answer's body as the schema wants it; undefined where it is no JSON or something else, such as the page of a proxy. */
export function jsonBody<Output>(body: string, schema: z.ZodType<Output>): Output | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  return schema.safeParse(parsed).data;
}

/** One exchange of several in an attempt: what the answer says, or the answer to the whole. An empty body is `undefined`. */
export async function exchangeJson<Output>(
  request: ChannelRequest,
  schema: z.ZodType<Output>,
  means: Means,
): Promise<{ readonly type: 'value'; readonly value: Output } | Exclude<Answer, { type: 'accepted' }>> {
  const exchange = await means.exchange(request);
  if (exchange.type !== 'response') return exchange;
  const answer = readStatus(exchange.response);
  if (answer.type !== 'accepted') return answer;
  const { body, status } = exchange.response;
  const value = jsonBody(body, schema);
  if (value !== undefined) return { type: 'value', value };
  // A schema that takes anything takes nothing too.
  const nothing = schema.safeParse(undefined);
  return nothing.success
    ? { type: 'value', value: nothing.data }
    : {
        type: 'later',
        reason: `HTTP ${status} with an answer of another form; check for a proxy, and \`url\``,
      };
}
