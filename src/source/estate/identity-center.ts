import { IdentitystoreClient, paginateListUsers } from '@aws-sdk/client-identitystore';
import { nothingFound, type FoundEstate } from '../../context/estate/found-estate.ts';
import type { KnownPerson } from '../../context/people.ts';
import { clientSettings, first, onlyReads } from '../snapshot/client.ts';
import type { ClientOptions } from '../snapshot/look.ts';
import { personOfUser } from './estate-document.ts';

export interface IdentityCenterSettings extends ClientOptions {
  /** `d-1234567890` */
  readonly identityStoreId: string;
}

const mostPeople = 200_000;

/**
 * The users of IAM Identity Center by their names. Needs identitystore:ListUsers.
 * @throws {Error} the SDK's own, where the answer cannot be had
 */
export async function readIdentityCenter({
  identityStoreId: IdentityStoreId,
  ...options
}: IdentityCenterSettings): Promise<FoundEstate> {
  const client = new IdentitystoreClient(clientSettings(options));
  client.middlewareStack.add(onlyReads, first);
  const people: KnownPerson[] = [];
  try {
    for await (const { Users = [] } of paginateListUsers({ client }, { IdentityStoreId })) {
      people.push(...Users.flatMap((user) => personOfUser(user) ?? []));
      if (people.length > mostPeople) throw new Error(`there are more than ${mostPeople} users`);
    }
    return { ...nothingFound, people };
  } finally {
    client.destroy();
  }
}
