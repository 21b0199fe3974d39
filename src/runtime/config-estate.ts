import * as z from 'zod';
import { join } from 'node:path';
import type { EstateSource } from '../source/estate/kept-estate.ts';
import { ownNetwork, ownPerson } from './config-context.ts';
import type { Known, KnownAccount } from '../facts/known.ts';

const accountId = z.string().regex(/^\d{12}$/, 'must be the 12 digits of an account id, in quotes');
const label = z.string().min(1).max(200);

const ownAccount = z.strictObject({
  name: label.optional().describe('What people call it.'),
  environment: label.optional().describe('Such as `production`; changes of severity can ask for it.'),
  ou: label.optional().describe('Its organisational unit, such as `Workloads/Production`.'),
  owner: label.optional().describe('The team or person that answers for it.'),
});

const asked = {
  profile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A profile of the shared AWS configuration, for another account than that of the usual credentials.',
    ),
  everyMinutes: z
    .int()
    .min(15)
    .max(60 * 24 * 7)
    .default(360)
    .describe('How often AWS is asked.'),
};

/** The `estate` section: whose accounts are whose. */
export const estateSection = z
  .strictObject({
    organisations: z
      .array(z.string().regex(/^o-[a-z0-9]{10,32}$/, 'must be an id such as o-a1b2c3d4e5'))
      .default([])
      .describe(
        'Ids of your own organisations. Letting all of one in is then told from letting in a strange one.',
      ),
    accounts: z
      .record(accountId, ownAccount)
      .default({})
      .describe('Your own accounts, by id. Sharing with one of them is then not sharing with a stranger.'),
    trusted: z
      .record(accountId, z.strictObject({ name: label.describe('Whose it is.') }))
      .default({})
      .describe("Other people's accounts that may be let in: vendors, partners."),
    networks: z
      .array(ownNetwork)
      .default([])
      .describe('Your own networks: offices, VPNs, ways out of your clouds. Alerts call them by name.'),
    people: z
      .array(ownPerson)
      .default([])
      .describe('Who is behind users and role sessions. Alerts say who it is and how to reach them.'),
    file: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A file of YAML or JSON with more `accounts`, `people` and `organisations`, or with what `aws organizations list-accounts` or `aws identitystore list-users` print. Read again when it changes.',
      ),
    aws: z
      .strictObject({
        organisation: z
          .strictObject({
            ...asked,
            region: z
              .string()
              .regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'must be a region such as us-east-1')
              .default('us-east-1')
              .describe('A region of the partition that the organisation is in.'),
            ownerTag: z
              .string()
              .min(1)
              .max(128)
              .default('owner')
              .describe("The tag that names an account's owner."),
            environmentTag: z
              .string()
              .min(1)
              .max(128)
              .default('environment')
              .describe('The tag that names its environment.'),
          })
          .optional()
          .describe(
            'Whether AWS Organizations is asked for names, units and tags of all accounts, which are then your own. An empty entry will do.',
          ),
        identityCenter: z
          .strictObject({
            ...asked,
            identityStoreId: z
              .string()
              .regex(
                /^(?:d-[0-9a-f]{10}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
                'must be an id such as d-1234567890',
              )
              .describe('The id of the identity store, as the settings of IAM Identity Center show it.'),
            region: z
              .string()
              .regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'must be a region such as eu-west-1')
              .describe('The region of IAM Identity Center.'),
          })
          .optional()
          .describe('Whether IAM Identity Center is asked for the names and addresses of its users.'),
      })
      .prefault({})
      .describe(
        'What is read from AWS. What stands in the configuration counts before a file, and a file before AWS.',
      ),
  })
  .prefault({})
  .describe('What is yours, and whom you trust.');

/** The section as analysers and policy take it. An account that is both yours and trusted is yours. */
export function knownOf({ organisations, accounts, trusted }: z.output<typeof estateSection>): Known {
  const known: Record<string, KnownAccount> = {};
  for (const [id, { name }] of Object.entries(trusted)) known[id] = { relation: 'trusted', name };
  for (const [id, told] of Object.entries(accounts)) known[id] = { relation: 'own', ...told };
  return { organisations, accounts: known };
}

const minute = 60_000;

/** Where the rest of the estate is read, as its keeper takes it. */
export function estateSources({
  file,
  aws: { organisation, identityCenter },
}: z.output<typeof estateSection>): readonly EstateSource[] {
  const sources: EstateSource[] = [];
  if (file !== undefined) sources.push({ name: 'file', path: file });
  if (organisation !== undefined) {
    const { everyMinutes, ...settings } = organisation;
    sources.push({ name: 'organisation', everyMs: everyMinutes * minute, settings });
  }
  if (identityCenter !== undefined) {
    const { everyMinutes, ...settings } = identityCenter;
    sources.push({ name: 'identity-center', everyMs: everyMinutes * minute, settings });
  }
  return sources;
}

/** Where answers of AWS are kept. */
export function estateFolder({ data }: { readonly data: string }): string {
  return join(data, 'estate');
}
