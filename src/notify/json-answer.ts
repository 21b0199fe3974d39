import type * as z from 'zod';

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
