import * as z from 'zod';
import type { AddressListSettings } from '../source/address-lists.ts';
import { crawlers, type CrawlerName } from '../web/bots/crawlers.ts';
import { parseNetwork } from '../web/network.ts';
import { listFormatNames } from '../web/reputation/format.ts';
import { knownListNames, knownLists, type KnownListName } from '../web/reputation/known-lists.ts';
import { trusts } from '../web/reputation/limits.ts';
import { mostReputationLists } from '../web/reputation/signal.ts';

const minute = 60_000;
const megabyte = 1024 * 1024;

const known = knownListNames.map((name) => `\`${name}\` (${knownLists[name].what})`).join('; ');

const place = {
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where it is fetched.'),
  file: z.string().min(1).optional().describe('The file that it lies in, instead of a URL.'),
};

const list = z.strictObject({
  ...place,
  trust: z
    .enum(trusts)
    .optional()
    .describe(
      'What its word counts: `block` makes an offence of one request, `alert` of many, `context` is only shown. The default is `alert`, and for lists that are known by name what they are good for.',
    ),
  format: z.enum(listFormatNames).optional().describe('How it is written, where its content does not tell.'),
  column: z
    .union([z.string().min(1), z.int().min(1)])
    .optional()
    .describe('The column of CSV, by name or by number from 1, or the field of JSON, that has the address.'),
  lastColumn: z
    .union([z.string().min(1), z.int().min(1)])
    .optional()
    .describe('The column with the last address, where ranges stand in two columns.'),
  everyMinutes: z
    .int()
    .min(5)
    .max(60 * 24 * 7)
    .default(60)
    .describe('How often it is looked at. Most publishers ask for no more than once an hour.'),
  timeoutSeconds: z.int().min(1).max(600).default(30).describe('How long fetching may take.'),
  maxMb: z.int().min(1).max(256).default(32).describe('The most megabytes that are read, unpacked.'),
});

const crawlerNames: readonly CrawlerName[] = crawlers.map(({ name }) => name);

/** The `reputation` section of `traffic`: who is known for what. */
export const reputationSection = z
  .strictObject({
    lists: z
      .record(
        z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens'),
        list,
      )
      .default({})
      .superRefine((lists, context) => {
        const names = Object.keys(lists);
        if (names.length > mostReputationLists)
          context.addIssue(`has ${names.length} lists; at most ${mostReputationLists} can be asked at once`);
        for (const [name, { url, file }] of Object.entries(lists)) {
          const problem = placeProblem(url, file, isKnown(name));
          if (problem !== undefined) context.addIssue({ code: 'custom', path: [name], message: problem });
        }
      })
      .describe(
        `Lists of addresses and networks, by a name of your choice. Some need nothing but their name: ${known}.`,
      ),
    publishedCrawlers: z
      .boolean()
      .default(false)
      .describe(
        'Whether to fetch what the owners of crawlers publish of their addresses, so that who says that it is Googlebot or the like can be checked. Without that, or a place below, such a claim stays unverified.',
      ),
    crawlers: z
      .partialRecord(
        z.enum(crawlerNames),
        z.strictObject(place).superRefine(({ url, file }, context) => {
          const problem = placeProblem(url, file, true);
          if (problem !== undefined) context.addIssue(problem);
        }),
      )
      .default({})
      .describe(
        `Where the addresses of single crawlers are read instead; an empty entry means where their owner publishes them. There are ${crawlerNames.join(', ')}.`,
      ),
    own: z
      .array(
        z
          .string()
          .refine(
            (text) => parseNetwork(text) !== undefined,
            'must be an address or a network such as 198.51.100.0/24',
          ),
      )
      .default([])
      .describe(
        'Your own addresses and networks: they are on no list, whatever lists say. Your proxies and approved networks are among them without that.',
      ),
  })
  .prefault({})
  .describe('Lists of known attackers, and addresses of crawlers.');

export type ReputationConfig = z.output<typeof reputationSection>;

function placeProblem(
  url: string | undefined,
  file: string | undefined,
  needsNone: boolean,
): string | undefined {
  if (url !== undefined && file !== undefined) return 'has a url and a file; leave one of them out';
  return url === undefined && file === undefined && !needsNone
    ? `needs a url or a file; without one there are ${knownListNames.join(', ')}`
    : undefined;
}

function isKnown(name: string): name is KnownListName {
  return Object.hasOwn(knownLists, name);
}

/** Lists of crawlers' addresses are kept beside the others, whose names have no underscore. */
const crawlerPrefix = 'crawler_';

/** A list that is no list of crawlers' addresses, as the keeper of lists takes it. */
export function listSettings({ lists }: ReputationConfig): readonly AddressListSettings[] {
  return Object.entries(lists).map(
    ([name, { url, file, everyMinutes, timeoutSeconds, maxMb, ...shape }]): AddressListSettings => {
      const common = isKnown(name) ? knownLists[name] : undefined;
      return {
        ...shape,
        name,
        from: file !== undefined ? { file } : { url: url ?? common?.url ?? '' },
        trust: shape.trust ?? common?.trust ?? 'alert',
        everyMs: everyMinutes * minute,
        timeoutMs: timeoutSeconds * 1000,
        mostBytes: maxMb * megabyte,
      };
    },
  );
}

/** Crawlers move seldom, and their owners' servers are away now and then. */
const crawlersStaleMs = 30 * 24 * 60 * minute;

/** Where the addresses of crawlers are read, as the keeper of lists takes it. */
export function crawlerSettings(config: ReputationConfig): readonly AddressListSettings[] {
  return crawlers.flatMap(({ name, ranges }): readonly AddressListSettings[] => {
    const written = config.crawlers[name];
    if (written === undefined && !config.publishedCrawlers) return [];
    const { url, file } = written ?? {};
    return [
      {
        name: `${crawlerPrefix}${name}`,
        from: file === undefined ? { url: url ?? ranges } : { file },
        // Not `context`: where it is no longer confirmed it must count for nothing, and that shows by its trust.
        trust: 'alert',
        everyMs: 6 * 60 * minute,
        staleMs: crawlersStaleMs,
      },
    ];
  });
}

/** The crawler whose addresses a list of this name has. */
export function crawlerOfList(name: string): CrawlerName | undefined {
  return crawlerNames.find((crawler) => name === `${crawlerPrefix}${crawler}`);
}
