import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateUserCommand, IdentitystoreClient } from '@aws-sdk/client-identitystore';
import {
  CreateAccountCommand,
  CreateOrganizationalUnitCommand,
  CreateOrganizationCommand,
  ListRootsCommand,
  MoveAccountCommand,
  OrganizationsClient,
  TagResourceCommand,
} from '@aws-sdk/client-organizations';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FoundEstate } from '../../context/estate/found-estate.ts';
import { hasMoto, motoEnvironment, startMoto, type Moto } from '../../respond/testing/moto.ts';
import { openEstate, readKeptEstate, type EstateSource, type KeptEstate } from './kept-estate.ts';

const hour = 60 * 60_000;
const region = 'us-east-1';
const organisation: EstateSource = {
  name: 'organisation',
  everyMs: 6 * hour,
  settings: { region, ownerTag: 'Owner', environmentTag: 'environment' },
};
const identityCenter: EstateSource = {
  name: 'identity-center',
  everyMs: 6 * hour,
  settings: { region, identityStoreId: 'd-1234567890' },
};

let folder: string;
let now: number;
let found: readonly FoundEstate[];
const warned: unknown[] = [];
const open: KeptEstate[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-estate-'));
  now = Date.parse('2026-11-20T10:00:00Z');
  found = [];
  warned.length = 0;
});

afterEach(async () => {
  for (const estate of open.splice(0)) await estate.stop();
  await rm(folder, { recursive: true });
});

async function opened(...sources: EstateSource[]): Promise<KeptEstate> {
  const estate = await openEstate({
    sources,
    folder,
    clock: () => now,
    log: { info: () => {}, warn: (fields) => warned.push(fields), error: () => {} },
    changed: (all) => {
      found = all;
    },
  });
  open.push(estate);
  return estate;
}

describe('a file', () => {
  it('is read again when it changes, and holds while it is broken', async () => {
    const path = join(folder, 'estate.yaml');
    await writeFile(path, `accounts: { '111122223333': { name: Shop } }`);
    const estate = await opened({ name: 'file', path });
    expect(found.map(({ accounts }) => accounts)).toEqual([{ '111122223333': { name: 'Shop' } }]);
    await writeFile(path, 'accounts: { broken');
    await estate.refresh();
    expect(estate.trouble()).toMatch(
      /^estate by file: .*estate\.yaml: .*; what was read at 2026-11-20T10:00:00\.000Z holds$/s,
    );
    expect(found).toHaveLength(1);
    expect(warned).toHaveLength(1);
    await writeFile(path, '{"accounts":{"111122223333":{"name":"New Shop"}}}');
    await estate.refresh();
    expect(estate.trouble()).toBeUndefined();
    expect(found[0]?.accounts).toEqual({ '111122223333': { name: 'New Shop' } });
  });

  it('that is not there is told', async () => {
    const path = join(folder, 'none.yaml');
    const estate = await opened({ name: 'file', path });
    expect(estate.trouble()).toMatch(/ENOENT.*; nothing is known by it$/);
    const problems: string[] = [];
    await readKeptEstate([{ name: 'file', path }, organisation], folder, (text) => problems.push(text));
    expect(problems).toEqual([
      expect.stringContaining('ENOENT'),
      expect.stringContaining('there is no answer of AWS yet'),
    ]);
  });
});

describe.skipIf(!hasMoto)('AWS', () => {
  let moto: Moto;
  let accounts: readonly string[];

  beforeAll(async () => {
    moto = await startMoto();
    const options = {
      region,
      endpoint: moto.endpoint,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    const client = new OrganizationsClient(options);
    await client.send(new CreateOrganizationCommand({ FeatureSet: 'ALL' }));
    const { Roots: [root] = [] } = await client.send(new ListRootsCommand({}));
    const unit = async (ParentId: string | undefined, Name: string) =>
      (await client.send(new CreateOrganizationalUnitCommand({ ParentId, Name }))).OrganizationalUnit?.Id;
    const account = async (AccountName: string) =>
      (await client.send(new CreateAccountCommand({ AccountName, Email: `${AccountName}@example.com` })))
        .CreateAccountStatus?.AccountId ?? '';
    const production = await unit(await unit(root?.Id, 'Workloads'), 'Production');
    accounts = [await account('shop'), await account('sandbox')];
    const [shop] = accounts;
    await client.send(
      new MoveAccountCommand({ AccountId: shop, SourceParentId: root?.Id, DestinationParentId: production }),
    );
    await client.send(
      new TagResourceCommand({
        ResourceId: shop,
        Tags: [
          { Key: 'owner', Value: 'Payments' },
          { Key: 'Environment', Value: 'production' },
        ],
      }),
    );
    client.destroy();
    const users = new IdentitystoreClient(options);
    await users.send(
      new CreateUserCommand({
        IdentityStoreId: 'd-1234567890',
        UserName: 'jane',
        DisplayName: 'Jane Doe',
        Name: { GivenName: 'Jane', FamilyName: 'Doe' },
        Emails: [{ Value: 'jane@example.com', Primary: true }],
      }),
    );
    users.destroy();
  }, 60_000);

  afterAll(() => moto.stop());

  beforeEach(() => {
    for (const [name, value] of Object.entries(motoEnvironment)) vi.stubEnv(name, value);
    vi.stubEnv('AWS_ENDPOINT_URL', moto.endpoint);
    return () => vi.unstubAllEnvs();
  });

  it('tells accounts with their units, owners and environments, and people', async () => {
    const estate = await opened(organisation, identityCenter);
    expect(estate.trouble()).toBeUndefined();
    const [ofOrganisation, ofPeople] = found;
    const [shop = '', sandbox = ''] = accounts;
    expect(ofOrganisation?.accounts[shop]).toEqual({
      name: 'shop',
      ou: 'Workloads/Production',
      owner: 'Payments',
      environment: 'production',
    });
    expect(ofOrganisation?.accounts[sandbox]).toMatchObject({ name: 'sandbox' });
    expect(ofOrganisation?.organisations).toEqual([expect.stringMatching(/^o-/)]);
    expect(ofPeople?.people).toEqual([
      { name: 'Jane Doe', contact: 'jane@example.com', identities: ['jane'] },
    ]);
  });

  it('is not asked again before it is due, and its answer holds while it is away', async () => {
    await opened(organisation);
    const before = found;
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    now += hour;
    const again = await opened(organisation);
    expect(again.trouble()).toBeUndefined();
    expect(found).toEqual(JSON.parse(JSON.stringify(before)));
    expect(await readKeptEstate([organisation], folder, expect.unreachable)).toEqual(found);

    const others = { ...organisation, settings: { ...organisation.settings, profile: 'other' } };
    expect(await readKeptEstate([others], folder, () => {})).toEqual([]);
  });
});
