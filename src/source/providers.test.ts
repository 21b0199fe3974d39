import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createContext } from '../context/context.ts';
import { originWords } from '../notify/words.ts';
import { locateWithProviders } from '../context/providers/provider-index.ts';
import { locateIn } from './place-files.ts';
import { openProviders, readProviderDocuments, type Providers, type ProviderSource } from './providers.ts';

const meta = JSON.stringify({ actions: ['4.148.0.0/16'], hooks: ['140.82.112.0/20'] });
let folder: string;
let url: string;
let body: string;
let asked = 0;
const server = createServer((_request, response) => {
  asked++;
  response.end(body);
});
const open: Providers[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-providers-'));
  body = meta;
  asked = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/meta`;
});

afterEach(async () => {
  for (const providers of open.splice(0)) await providers.stop();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

async function opened(lists: readonly ProviderSource[]): Promise<Providers> {
  const providers = await openProviders({
    lists,
    folder,
    clock: Date.now,
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  open.push(providers);
  return providers;
}
const github = (): ProviderSource => ({ name: 'provider_github', provider: 'github', from: { url } });

it('tells whose address it is, by a URL and by a file', async () => {
  const file = join(folder, 'ci.txt');
  await writeFile(file, '93.184.216.0/24\n');
  const providers = await opened([
    github(),
    { name: 'provider_other1', provider: 'Example CI', from: { file } },
  ]);
  expect(providers.providerOf('4.148.1.1')).toEqual({ name: 'GitHub', service: 'Actions' });
  expect(providers.providerOf('93.184.216.1')?.name).toBe('Example CI');
  expect(providers.trouble()).toBeUndefined();
});

it('holds the copy of an earlier run, also where its server is gone, and in a scan', async () => {
  await opened([github()]);
  body = '<html>';
  const again = await opened([github()]);
  expect(again.providerOf('4.148.1.1')?.service).toBe('Actions');
  expect(asked).toBe(1);

  const providers = await readProviderDocuments([github()], folder, expect.unreachable);
  const locate = locateIn({ files: [], builtin: false, providers }, expect.unreachable);
  expect(locate('140.82.112.3').provider).toEqual({ name: 'GitHub', service: 'webhooks' });
  expect(locate('1.1.1.1')).toEqual({});
});

it('says what is wrong with a list that cannot be had, and goes on without', async () => {
  body = '{}';
  const providers = await opened([github()]);
  expect(providers.trouble()).toMatch(/^list provider_github: names no network/);
  expect(providers.providerOf('4.148.1.1')).toBeUndefined();
  const problems: string[] = [];
  const missing = { name: 'provider_aws', provider: 'aws', from: { file: join(folder, 'none.json') } };
  expect(await readProviderDocuments([github(), missing], folder, (text) => problems.push(text))).toEqual([]);
  expect(problems).toEqual([
    expect.stringMatching(/^addresses of github: there is no copy yet/),
    expect.stringMatching(/^addresses of aws: ENOENT/),
  ]);
});

it('is said in alerts, and never of one’s own networks', async () => {
  const { providerOf } = await opened([github()]);
  const locate = locateWithProviders(() => ({ country: 'US' }), providerOf);
  const networks = [{ name: 'Runners', ranges: ['4.148.7.0/24'], country: undefined }];
  const context = createContext({ networks, people: [] }, locate);
  const words = (address: string) => {
    const origin = { type: 'address', address } as const;
    return originWords(origin, context.placeOf(origin));
  };
  expect(words('4.148.1.1')).toBe('4.148.1.1, an address of GitHub Actions, United States');
  expect(words('4.148.7.1')).toBe('4.148.7.1, Runners');
  expect(words('1.1.1.1')).toBe('1.1.1.1, United States');
});
