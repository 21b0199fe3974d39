import * as z from 'zod';
import type { ContextSetting } from '../context/context.ts';
import { isCountryCode } from '../context/country-name.ts';
import { identityProblem } from '../context/people.ts';
import { rangeProblem } from '../context/own-networks.ts';
import { knownProvider, knownProviders } from '../context/providers/provider-list.ts';
import type { ProviderSource } from '../source/providers.ts';

const minute = 60_000;
const megabyte = 1024 * 1024;

const providerNames = Object.entries(knownProviders)
  .map(([name, { url }]) => `\`${name}\`${url === undefined ? ' (needs a file or URL)' : ''}`)
  .join(', ');

const provider = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where its addresses are fetched, instead of where it publishes them.'),
  file: z.string().min(1).optional().describe('The file that they lie in, instead of a URL.'),
  everyMinutes: z
    .int()
    .min(30)
    .max(60 * 24 * 7)
    .default(60 * 24)
    .describe('How often it is looked at.'),
  timeoutSeconds: z.int().min(1).max(600).default(30).describe('How long fetching may take.'),
  maxMb: z.int().min(1).max(256).default(32).describe('The most megabytes that are read, unpacked.'),
});

/** The `context` section: what is looked up about events. */
export const contextSection = z
  .strictObject({
    places: z
      .strictObject({
        builtin: z
          .boolean()
          .default(true)
          .describe(
            'Whether the country of an address is looked up in the data that comes with Tocsin, where no file tells it.',
          ),
        files: z
          .array(z.string().min(1))
          .default([])
          .describe(
            "Files in MaxMind's format (`.mmdb`) with countries, cities or autonomous systems, asked in this order. Read again when they change.",
          ),
        providers: z
          .record(z.string().min(1).max(60), provider)
          .default({})
          .superRefine((providers, context) => {
            for (const [name, { url, file }] of Object.entries(providers)) {
              const problem = providerProblem(name, url, file);
              if (problem !== undefined) context.addIssue({ code: 'custom', path: [name], message: problem });
            }
          })
          .describe(
            `Clouds and vendors that publish their addresses, so that alerts say whose one is. Some need nothing but their name: ${providerNames}. Others are called as alerts are to call them, and are a plain list with one network a line.`,
          ),
      })
      .prefault({})
      .describe('Where addresses are.'),
    usual: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe(
            'Whether the server learns from which countries and networks, with which programs, at which hours and for which services each actor comes, so that alerts tell what is new.',
          ),
        learningDays: z
          .int()
          .min(1)
          .max(60)
          .default(14)
          .describe('For how many days an actor is known before anything is told of it.'),
      })
      .prefault({})
      .describe('What is usual for an actor.'),
  })
  .prefault({})
  .describe('What is looked up about events.');

const range = z.string().superRefine((text, context) => {
  const problem = rangeProblem(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

/** A network of one's own; a list of them stands in the `estate` section. */
export const ownNetwork = z.strictObject({
  name: z.string().min(1).max(200).describe('What people call it, such as `Berlin office`; alerts say it.'),
  ranges: z.array(range).min(1).describe('Its addresses, as networks in CIDR notation or single addresses.'),
  country: z
    .string()
    .refine(isCountryCode, 'must be two capital letters such as DE')
    .optional()
    .describe(
      'The country of the people who come from it. Left out for a VPN or a way out of the cloud, which tell nothing of where people are.',
    ),
});

const identity = z.string().superRefine((text, context) => {
  const problem = identityProblem(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

/** A person; a list of them stands in the `estate` section. */
export const ownPerson = z.strictObject({
  name: z.string().min(1).max(200).describe('What people call them; alerts say it.'),
  team: z.string().min(1).max(200).optional().describe('The team that they are in.'),
  contact: z.string().min(1).max(200).optional().describe('How to reach them.'),
  identities: z
    .array(identity)
    .min(1)
    .describe(
      'By what they are recognised: ARNs of users or role sessions, source identities, and names that IAM Identity Center or another identity provider gives. `*` stands for any text, `?` for one character.',
    ),
});

/** What the configuration tells the context. */
export function contextOf({
  networks,
  people,
}: {
  readonly networks: readonly z.output<typeof ownNetwork>[];
  readonly people: readonly z.output<typeof ownPerson>[];
}): ContextSetting {
  return { networks, people };
}

function providerProblem(
  name: string,
  url: string | undefined,
  file: string | undefined,
): string | undefined {
  if (url !== undefined && file !== undefined) return 'has a url and a file; leave one of them out';
  if (url !== undefined || file !== undefined || knownProvider(name)?.url !== undefined) return undefined;
  return `needs a url or a file; without one there are ${Object.entries(knownProviders)
    .flatMap(([known, { url: place }]) => (place === undefined ? [] : [known]))
    .join(', ')}`;
}

/** Lists of providers are kept beside others, whose names have no underscore. */
const providerPrefix = 'provider_';

/** Where what providers publish is read. */
export function providerSources({
  places: { providers },
}: z.output<typeof contextSection>): readonly ProviderSource[] {
  return Object.entries(providers).map(([name, { url, file, everyMinutes, timeoutSeconds, maxMb }], i) => ({
    // A name of one's own may hold anything; its copy is a file.
    name: providerPrefix + (knownProvider(name) === undefined ? `other${i}` : name),
    provider: name,
    from: file === undefined ? { url: url ?? knownProvider(name)?.url ?? '' } : { file },
    everyMs: everyMinutes * minute,
    timeoutMs: timeoutSeconds * 1000,
    mostBytes: maxMb * megabyte,
  }));
}
