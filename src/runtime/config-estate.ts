import * as z from 'zod';
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
