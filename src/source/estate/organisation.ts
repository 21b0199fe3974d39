import {
  DescribeOrganizationCommand,
  OrganizationsClient,
  paginateListAccountsForParent,
  paginateListOrganizationalUnitsForParent,
  paginateListRoots,
  paginateListTagsForResource,
} from '@aws-sdk/client-organizations';
import { nothingFound, type FoundAccount, type FoundEstate } from '../../context/estate/found-estate.ts';
import { clientSettings, first, onlyReads } from '../snapshot/client.ts';
import { inParallel, type ClientOptions } from '../snapshot/look.ts';

export interface OrganisationSettings extends ClientOptions {
  /** Tags of accounts that name their owner and their environment, in whatever case. */
  readonly ownerTag: string;
  readonly environmentTag: string;
}

/** Units may lie in each other five deep, and an organisation has some thousand at most. */
const mostUnits = 5_000;
const longest = 200;
/** Organizations answers some ten calls a second. */
const atOnce = 4;

/**
 * Accounts of an organisation with their names, the path of their units (`Workloads/Production`), and owner and environment by their tags. It goes
 * through the tree of units instead of asking for the parents of each account: units are few. Needs organizations:DescribeOrganization,
 * ListRoots, ListOrganizationalUnitsForParent, ListAccountsForParent and ListTagsForResource, in the management account or one that it has
 * delegated this to.
 * @throws {Error} the SDK's own, where one of the answers cannot be had: half an organisation would make strangers of the rest
 */
export async function readOrganisation(settings: OrganisationSettings): Promise<FoundEstate> {
  const client = new OrganizationsClient(clientSettings(settings));
  client.middlewareStack.add(onlyReads, first);
  try {
    const { Organization } = await client.send(new DescribeOrganizationCommand({}));
    const accounts = await accountsOf(client);
    await inParallel([...accounts], atOnce, async ([id, account]) => {
      accounts.set(id, { ...account, ...(await tagsOf(client, id, settings)) });
    });
    return {
      ...nothingFound,
      organisations: Organization?.Id === undefined ? [] : [Organization.Id],
      accounts: Object.fromEntries(accounts),
    };
  } finally {
    client.destroy();
  }
}

async function accountsOf(client: OrganizationsClient): Promise<Map<string, FoundAccount>> {
  const accounts = new Map<string, FoundAccount>();
  const units: { readonly id: string; readonly path: string }[] = [];
  for await (const { Roots = [] } of paginateListRoots({ client }, {}))
    for (const { Id = '' } of Roots) units.push({ id: Id, path: '' });
  // Grows while it is gone through.
  for (const { id: ParentId, path } of units) {
    if (units.length > mostUnits) throw new Error(`the organisation has more than ${mostUnits} units`);
    for await (const page of paginateListOrganizationalUnitsForParent({ client }, { ParentId }))
      for (const { Id = '', Name = Id } of page.OrganizationalUnits ?? [])
        units.push({ id: Id, path: path === '' ? Name : `${path}/${Name}` });
    for await (const { Accounts = [] } of paginateListAccountsForParent({ client }, { ParentId }))
      for (const { Id = '', Name } of Accounts)
        if (/^\d{12}$/.test(Id)) accounts.set(Id, { name: short(Name), ou: short(path) });
  }
  return accounts;
}

async function tagsOf(
  client: OrganizationsClient,
  id: string,
  { ownerTag, environmentTag }: OrganisationSettings,
): Promise<FoundAccount> {
  const tags = new Map<string, string | undefined>();
  for await (const { Tags = [] } of paginateListTagsForResource({ client }, { ResourceId: id }))
    for (const { Key = '', Value } of Tags) tags.set(Key.toLowerCase(), short(Value));
  return { owner: tags.get(ownerTag.toLowerCase()), environment: tags.get(environmentTag.toLowerCase()) };
}

/** Names come from whoever may name an account. */
function short(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text.slice(0, longest).toWellFormed();
}
