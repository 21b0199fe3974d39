import * as z from 'zod';
import type { ContextSetting } from '../context/context.ts';
import { isCountryCode } from '../context/country-name.ts';
import { identityProblem } from '../context/people.ts';
import { rangeProblem } from '../context/own-networks.ts';

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
