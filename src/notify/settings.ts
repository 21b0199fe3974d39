import * as z from 'zod';
import { digestSetting } from './digest-setting.ts';
import { severities } from '../event/severity.ts';

/** The meta key that marks a setting whose value must never be shown, logged or written into a configuration file in clear. */
const secretMeta = { secret: true } as const;

/** A secret, already resolved from `env:NAME` or `file:PATH`; marked with `secret: true` in the schema's meta data. */
export function secretText(description: string) {
  return z
    .string()
    .min(1)
    .meta({ description, ...secretMeta });
}

/** How many messages may be on their way; `standard` where nothing is set. */
export function messagesAtOnce(standard: number) {
  return z
    .int()
    .min(1)
    .max(64)
    .default(standard)
    .describe(
      'At most so many messages of one server on their way at once, so that a slow one holds up no others; 1 sends alerts strictly one after the other.',
    );
}

/** Settings that every kind of channel has. */
export const sharedSettings = {
  minSeverity: z
    .enum(severities)
    .default('low')
    .describe('Only alerts of this severity or worse go to the channel.'),
  digest: digestSetting
    .optional()
    .describe(
      'The channel gets its alerts together, in one message at these times; each at once, where left out.',
    ),
  messagesPerMinute: z
    .int()
    .min(1)
    .max(60_000)
    .optional()
    .describe(
      'At most so many messages a minute; the others wait. Without it what the vendor states for this kind, where it states something.',
    ),
  messagesAtOnce: messagesAtOnce(4),
};

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Undefined where alerts and secrets may travel to this address; otherwise what is wrong with it. */
export function addressProblem(
  address: string,
  options: { readonly allowHttp: boolean },
): string | undefined {
  const url = URL.parse(address);
  if (url === null) return 'is not an address; expected something like https://example.com/path';
  if (url.username !== '' || url.password !== '')
    return 'holds a user name or password; use a header or token setting instead';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:') return `starts with ${url.protocol}; expected https:`;
  return options.allowHttp || loopback.test(url.hostname)
    ? undefined
    : 'starts with http:, which would show alerts and secrets to the network on the way; use https:';
}

/** For `superRefine` of a setting that is an address: only https:, and http: to this machine. */
export function checkAddress(address: string, context: z.RefinementCtx): void {
  const message = addressProblem(address, { allowHttp: false });
  if (message !== undefined) context.addIssue({ code: 'custom', message });
}

/** For receivers on one's own network. */
export const allowHttp = z
  .boolean()
  .default(false)
  .describe(
    'Permit an address that starts with http: and is not on this machine, for a network that you trust.',
  );

/** For `superRefine` of settings with `url` and `allowHttp`. */
export function checkUrl(
  settings: { readonly url: string; readonly allowHttp: boolean },
  context: z.RefinementCtx,
): void {
  const message = addressProblem(settings.url, settings);
  if (message !== undefined) context.addIssue({ code: 'custom', path: ['url'], message });
}

/** An address with a path below it. */
export function joined(base: string, path: string): string {
  return base.replace(/\/+$/, '') + path;
}
