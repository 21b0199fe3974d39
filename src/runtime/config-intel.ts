import * as z from 'zod';
import { feedFormats } from '../context/intel/feed.ts';
import { indicatorTypes } from '../context/intel/indicator.ts';
import { checkAddress, secretText } from '../notify/settings.ts';
import type { IntelFeed } from '../source/intel-feeds.ts';

const minute = 60_000;
const megabyte = 1024 * 1024;
const column = z.union([z.string().min(1), z.int().min(1)]).optional();

const feed = z
  .strictObject({
    url: z
      .string()
      .superRefine(checkAddress)
      .optional()
      .describe(
        'Where it is fetched: a STIX bundle, an event, a search or the `manifest.json` of a feed of MISP, or CSV.',
      ),
    taxii: z
      .string()
      .superRefine(checkAddress)
      .optional()
      .describe(
        'The address of a TAXII 2.1 collection, such as https://taxii.example/api/collections/<id>/.',
      ),
    file: z.string().min(1).optional().describe('The file that it lies in; read again when it changes.'),
    authorization: secretText(
      'The whole value of the header `Authorization`: `Bearer` or `Basic` and what belongs to it, or the key of MISP. Only the host of the address is told.',
    )
      .regex(/^[\x20-\x7e]+$/, 'holds characters that a header cannot carry')
      .optional(),
    format: z.enum(feedFormats).optional().describe('How it is written, where its content does not tell.'),
    column: column.describe('The column of CSV, by name or by number from 1, that has what is warned of.'),
    typeColumn: column.describe('The column that says what it is, such as `ip` or `sha256`.'),
    labelColumn: column.describe('The column that says what it belongs to.'),
    untilColumn: column.describe('The column with the time from which on it counts no longer.'),
    type: z
      .enum(indicatorTypes)
      .optional()
      .describe('What all of a CSV is; needed for user agents, which look like any other text.'),
    everyMinutes: z
      .int()
      .min(5)
      .max(60 * 24 * 7)
      .default(60)
      .describe('How often it is looked at.'),
    timeoutSeconds: z.int().min(1).max(600).default(60).describe('How long fetching may take.'),
    maxMb: z.int().min(1).max(256).default(64).describe('The most megabytes that are read, unpacked.'),
    days: z
      .int()
      .min(1)
      .max(3650)
      .default(90)
      .describe(
        'How far back a TAXII collection is asked for the first time, and how long ago an event of a `manifest.json` may have changed, in days.',
      ),
  })
  .superRefine(({ url, taxii, file }, context) => {
    const places = [url, taxii, file].filter((place) => place !== undefined);
    if (places.length !== 1) context.addIssue('needs one of `url`, `taxii` and `file`, and no more than one');
  });

/** The `intel` section: feeds of indicators. */
export const intelSection = z
  .strictObject({
    feeds: z
      .record(
        z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens'),
        feed,
      )
      .default({})
      .superRefine((feeds, context) => {
        const count = Object.keys(feeds).length;
        if (count > mostFeeds)
          context.addIssue(`has ${count} feeds; at most ${mostFeeds} can be held at once`);
      })
      .describe('Feeds by a name of your choice, which alerts say.'),
  })
  .prefault({})
  .describe('Feeds of indicators (STIX, TAXII, MISP, CSV), which events are held against.');

const mostFeeds = 32;

type IntelConfig = z.output<typeof intelSection>;

/** The feeds as the keeper of lists takes them. Names have a sign that no other list has. */
export function feedSettings({ feeds }: IntelConfig): readonly IntelFeed[] {
  return Object.entries(feeds).map(
    ([name, { url, taxii, file, everyMinutes, timeoutSeconds, maxMb, days, ...shape }]): IntelFeed => ({
      ...shape,
      name: `${feedPrefix}${name}`,
      from: file === undefined ? { url: url ?? taxii ?? '' } : { file },
      isCollection: taxii !== undefined,
      backMs: days * 24 * 60 * minute,
      everyMs: everyMinutes * minute,
      timeoutMs: timeoutSeconds * 1000,
      mostBytes: maxMb * megabyte,
    }),
  );
}

const feedPrefix = 'intel_';

/** The name in the configuration. */
export function feedName(list: string): string {
  return list.slice(feedPrefix.length);
}
