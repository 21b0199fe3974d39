import * as z from 'zod';
import { domainIn } from '../context/observable.ts';
import { rangeProblem } from '../context/own-networks.ts';
import { providerSettings } from '../lookup/table.ts';

/** The `lookups` section: who is asked about what alerts name. */
export const lookupsSection = z
  .strictObject({
    providers: providerSettings
      .prefault({})
      .describe('Who is asked, each with a key of yours. Nobody is, where none is named.'),
    waitMs: z
      .int()
      .min(0)
      .max(30_000)
      .default(1_500)
      .describe(
        'How long the first messages about an alert wait for answers, in milliseconds; what comes later is added to the alert, and later messages have it.',
      ),
    cacheHours: z.number().min(0.01).max(720).default(24).describe('How long an answer holds.'),
    neverAsk: z
      .array(
        z
          .string()
          .refine(
            (text) => rangeProblem(text) === undefined || domainIn(text) !== undefined,
            'must be an address, a network such as 203.0.113.0/24, or a domain such as example.com',
          ),
      )
      .default([])
      .describe(
        'Addresses, networks and domains (with all below them) that are told to nobody, besides private and reserved ones and the networks of `estate`.',
      ),
  })
  .prefault({})
  .describe('Who is asked about the addresses, domains and files that alerts name.');
