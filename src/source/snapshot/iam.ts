import {
  IAMClient,
  paginateGetAccountAuthorizationDetails,
  paginateListAccessKeys,
} from '@aws-sdk/client-iam';
import { itemsAt, textAt } from '../../facts/assets/sighting.ts';
import { accessKeyShown, authorizationShown } from '../../facts/assets/snapshot/iam.ts';
import { clientSettings, first, onlyReads } from './client.ts';
import { askAll, inParallel, type ClientOptions, type Look } from './look.ts';

const types = ['AWS::IAM::User', 'AWS::IAM::Group', 'AWS::IAM::Role', 'AWS::IAM::ManagedPolicy'];

/** Users, groups and roles with all their policies, the customer's managed policies, and access keys: one call tells all but the keys. */
export async function readIam(look: Look): Promise<void> {
  const client = iamClient(look.client);
  try {
    const time = look.now();
    const pages = await askAll(look, { permission: 'iam:GetAccountAuthorizationDetails' }, () =>
      paginateGetAccountAuthorizationDetails(
        { client, pageSize: 1000 },
        { Filter: ['User', 'Role', 'Group', 'LocalManagedPolicy'] },
      ),
    );
    if (pages === undefined) return;
    for (const page of pages) look.show(authorizationShown(look.place, page), time);
    for (const type of types) look.whole({ type, time });
    const users = pages.flatMap((page) =>
      itemsAt(page, 'UserDetailList').flatMap((user) => textAt(user, 'UserName') ?? []),
    );
    await readKeys(look, client, users);
  } finally {
    client.destroy();
  }
}

async function readKeys(look: Look, client: IAMClient, users: readonly string[]): Promise<void> {
  const time = look.now();
  let isWhole = true;
  await inParallel(users, 4, async (UserName) => {
    const asked = look.now();
    const pages = await askAll(look, { permission: 'iam:ListAccessKeys', of: UserName }, () =>
      paginateListAccessKeys({ client }, { UserName }),
    );
    isWhole &&= pages !== undefined;
    for (const page of pages ?? [])
      look.show(
        itemsAt(page, 'AccessKeyMetadata').flatMap((key) => accessKeyShown(look.place, key)),
        asked,
      );
  });
  if (isWhole) look.whole({ type: 'AWS::IAM::AccessKey', time });
}

function iamClient(options: ClientOptions): IAMClient {
  const client = new IAMClient(clientSettings(options));
  client.middlewareStack.add(onlyReads, first);
  return client;
}
