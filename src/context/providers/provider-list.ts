import { isPublic, networkOf, type Network } from './network.ts';
import { providerWords, type Provider } from './provider.ts';

/** What a provider publishes: whose address it is, and how much that tells. */
export interface ProviderEntry {
  readonly network: Network;
  readonly provider: Provider;
  /** Of two entries for one address the one with the higher rank tells more; of equal ones the narrower. */
  readonly rank: number;
}

/** The same as it is written: an address or a network in CIDR notation. */
interface WrittenEntry extends Omit<ProviderEntry, 'network'> {
  readonly range: string;
}

export type ProviderListRead =
  | { readonly type: 'read'; readonly contents: readonly ProviderEntry[] }
  /** One clause: what is wrong. */
  | { readonly type: 'refused'; readonly reason: string };

/** A provider whose addresses are read by its name alone, and how what it publishes is written. */
export interface KnownProvider {
  readonly name: string;
  /** Where it publishes them; undefined where the address changes with every issue. */
  readonly url: string | undefined;
  readonly read: (document: Json) => Iterable<WrittenEntry>;
}

type Json = Readonly<Record<string, unknown>>;

/** A cloud's whole range tells least, and what one of its services is for more; who runs on a cloud tells most. */
const ranks = { cloud: 0, machines: 1, service: 2, vendor: 3 } as const;

/**
 * Providers by the names that the configuration knows.
 * https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-syntax.html
 * https://docs.github.com/en/rest/meta/meta#get-github-meta-information
 * https://support.google.com/a/answer/10026322 (goog.json: all of Google's; cloud.json: what its customers use)
 * https://www.microsoft.com/en-us/download/details.aspx?id=56519 (a file that is issued every week under another address)
 * https://developers.cloudflare.com/api/resources/ips/methods/list/
 * https://www.fastly.com/documentation/reference/api/utils/public-ip-list/
 */
export const knownProviders = {
  aws: { name: 'AWS', url: 'https://ip-ranges.amazonaws.com/ip-ranges.json', read: readAws },
  github: { name: 'GitHub', url: 'https://api.github.com/meta', read: readGithub },
  google: { name: 'Google', url: 'https://www.gstatic.com/ipranges/goog.json', read: readGoogle },
  'google-cloud': {
    name: 'Google Cloud',
    url: 'https://www.gstatic.com/ipranges/cloud.json',
    read: readGoogleCloud,
  },
  azure: { name: 'Azure', url: undefined, read: readAzure },
  cloudflare: { name: 'Cloudflare', url: 'https://api.cloudflare.com/client/v4/ips', read: readCloudflare },
  fastly: { name: 'Fastly', url: 'https://api.fastly.com/public-ip-list', read: readFastly },
} as const satisfies Readonly<Record<string, KnownProvider>>;

export type KnownProviderName = keyof typeof knownProviders;

export function knownProvider(name: string): KnownProvider | undefined {
  return Object.hasOwn(knownProviders, name) ? knownProviders[name as KnownProviderName] : undefined;
}

/** Azure's file has some 100,000 entries. */
const mostEntries = 500_000;
const longestWord = 100;

/**
 * Reads what a provider publishes. Entries that are no network, or so wide that no provider has them alone, are left out; where
 * that is more than one in twenty, or nothing is left, the whole is refused. Networks that lie nowhere on the internet are left out too.
 * @param name of a provider that is known, whose form the content has; else what the provider is called, and the content is a plain list
 */
export function readProviderList(bytes: Uint8Array, name: string): ProviderListRead {
  const known = knownProvider(name);
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  let entries: Iterable<WrittenEntry>;
  if (/^\s*</.test(text)) return refused('is a page of HTML and no list; check its address');
  // The plain form is offered beside the documents, by Cloudflare for one.
  if (known !== undefined && /^\s*[{[]/.test(text)) {
    const document = parsed(text);
    if (document === undefined) return refused('is no whole JSON document');
    entries = known.read(document);
  } else entries = readLines(text, known?.name ?? name);
  const contents: ProviderEntry[] = [];
  let bad = 0;
  let elsewhere = 0;
  /** The same words stand in thousands of entries. */
  const words = new Map<string, Provider>();
  for (const { range, provider, rank } of entries) {
    const network = networkOf(range);
    if (network === undefined) bad++;
    else if (isPublic(network)) contents.push({ network, provider: shared(provider, words), rank });
    else elsewhere++;
    if (contents.length + elsewhere + bad > mostEntries)
      return refused(`has more than ${mostEntries} entries`);
  }
  if (contents.length === 0)
    return refused('names no network; it is read as what is known by its name, or as a plain list');
  if (bad * 20 > contents.length + bad)
    return refused(`has ${bad} entries of ${contents.length + bad} that are no network, or too wide`);
  return { type: 'read', contents };
}

function refused(reason: string): ProviderListRead {
  return { type: 'refused', reason };
}

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function shared({ name, service, region }: Provider, words: Map<string, Provider>): Provider {
  const provider = { name, service: short(service), region: short(region) };
  const key = providerWords(provider);
  const known = words.get(key);
  if (known !== undefined) return known;
  words.set(key, provider);
  return provider;
}

/** What is not said for one place is said as `GLOBAL`, or not at all. */
function short(text: string | undefined): string | undefined {
  if (text === undefined || text === '' || text.toLowerCase() === 'global') return undefined;
  return text.slice(0, longestWord).toWellFormed();
}

/** One network a line; what follows a `#` or `;` is a comment. */
function* readLines(text: string, name: string): Iterable<WrittenEntry> {
  for (const line of text.split(/\r?\n/)) {
    const range = line.replace(/[#;].*$/, '').trim();
    if (range !== '') yield { range, provider: { name }, rank: ranks.vendor };
  }
}

function* readAws(document: Json): Iterable<WrittenEntry> {
  for (const entry of [...objects(document, 'prefixes'), ...objects(document, 'ipv6_prefixes')]) {
    const service = text(entry, 'service');
    // Every range stands under AMAZON, and many a second time under what they serve. EC2 is whoever rents a machine.
    const isWhole = service === undefined || service === 'AMAZON';
    const rank = isWhole ? ranks.cloud : service === 'EC2' ? ranks.machines : ranks.service;
    const provider = { name: 'AWS', service: isWhole ? undefined : service, region: text(entry, 'region') };
    yield { range: text(entry, 'ip_prefix') ?? text(entry, 'ipv6_prefix') ?? '', provider, rank };
  }
}

/** Members that are lists of texts, and what people call them. */
const githubServices: Readonly<Record<string, string>> = {
  hooks: 'webhooks',
  web: 'web',
  api: 'API',
  git: 'Git',
  packages: 'Packages',
  pages: 'Pages',
  importer: 'Importer',
  github_enterprise_importer: 'Enterprise Importer',
  actions: 'Actions',
  actions_macos: 'Actions',
  dependabot: 'Dependabot',
  copilot: 'Copilot',
  codespaces: 'Codespaces',
};

function* readGithub(document: Json): Iterable<WrittenEntry> {
  for (const [member, service] of Object.entries(githubServices))
    for (const range of texts(document, member))
      yield { range, provider: { name: 'GitHub', service }, rank: ranks.vendor };
}

function* readGoogle(document: Json): Iterable<WrittenEntry> {
  for (const entry of objects(document, 'prefixes'))
    yield { range: prefixOf(entry), provider: { name: 'Google' }, rank: ranks.cloud };
}

function* readGoogleCloud(document: Json): Iterable<WrittenEntry> {
  for (const entry of objects(document, 'prefixes'))
    yield {
      range: prefixOf(entry),
      provider: { name: 'Google Cloud', region: text(entry, 'scope') },
      rank: ranks.machines,
    };
}

function prefixOf(entry: Json): string {
  return text(entry, 'ipv4Prefix') ?? text(entry, 'ipv6Prefix') ?? '';
}

function* readAzure(document: Json): Iterable<WrittenEntry> {
  for (const tag of objects(document, 'values')) {
    const { properties } = tag;
    if (!isObject(properties)) continue;
    // `AzureCloud` and `AzureCloud.westeurope` have no service; the rest are for one.
    const service = text(properties, 'systemService');
    const region = text(properties, 'region');
    const isWhole = service === undefined || service === '';
    const rank = isWhole
      ? region === undefined || region === ''
        ? ranks.cloud
        : ranks.machines
      : ranks.service;
    for (const range of texts(properties, 'addressPrefixes'))
      yield { range, provider: { name: 'Azure', service: isWhole ? undefined : service, region }, rank };
  }
}

function* readCloudflare(document: Json): Iterable<WrittenEntry> {
  const { result } = document;
  if (!isObject(result)) return;
  for (const range of [...texts(result, 'ipv4_cidrs'), ...texts(result, 'ipv6_cidrs')])
    yield { range, provider: { name: 'Cloudflare' }, rank: ranks.vendor };
}

function* readFastly(document: Json): Iterable<WrittenEntry> {
  for (const range of [...texts(document, 'addresses'), ...texts(document, 'ipv6_addresses')])
    yield { range, provider: { name: 'Fastly' }, rank: ranks.vendor };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(object: Json, key: string): string | undefined {
  const value = object[key];
  return typeof value === 'string' ? value : undefined;
}

function texts(object: Json, key: string): readonly string[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

function objects(object: Json, key: string): readonly Json[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter((one): one is Json => isObject(one)) : [];
}
