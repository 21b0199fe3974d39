import { parseNetwork, type Network } from './network.ts';

/** What was read of a list. One that has a problem must not replace a good one: an address that is left out could be blocked. */
export interface AddressList {
  readonly networks: readonly Network[];
  /** One sentence for each thing that is wrong; the first hundred. */
  readonly problems: readonly string[];
}

const mostProblems = 100;

/** Members of JSON documents that hold addresses: lists of texts, or of objects with the text under one of the other names. */
const listNames: ReadonlySet<string> = new Set(['ApprovedIPs', 'addresses', 'prefixes', 'ipv6_prefixes']);
const textNames = ['ip_prefix', 'ipv6_prefix', 'ipv4Prefix', 'ipv6Prefix', 'cidr', 'address'] as const;

/**
 * Reads a list of addresses and networks: one a line, with comments behind `#` or `;`; or JSON: a list, an object such as
 * `{"ApprovedIPs": ["198.51.100.7"]}`, or the form in which AWS and Google publish their ranges
 * (https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-syntax.html).
 */
export function readAddressList(text: string): AddressList {
  const content = text.replace(/^\ufeff/, '');
  return /^\s*[[{]/.test(content) ? readJson(content) : readLines(content);
}

function readLines(text: string): AddressList {
  const entries: { readonly text: string; readonly place: string }[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const entry = (line.split(/[#;]/, 1)[0] ?? '').trim();
    if (entry !== '') entries.push({ text: entry, place: `line ${i + 1}` });
  }
  return read(entries);
}

function readJson(text: string): AddressList {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return {
      networks: [],
      problems: [`it is not JSON: ${error instanceof Error ? error.message : 'broken'}`],
    };
  }
  const lists = Array.isArray(value)
    ? [['the list', value] as const]
    : Object.entries(value as object).filter(([name]) => listNames.has(name));
  if (lists.length === 0)
    return {
      networks: [],
      problems: [`it holds no list of addresses; expected one under ${[...listNames].join(', ')}`],
    };
  const problems: string[] = [];
  const entries = lists.flatMap(([name, list]) => {
    if (!Array.isArray(list)) {
      problems.push(`${name} is no list`);
      return [];
    }
    return list.map((item, i) => ({ text: textOf(item), place: `${name}[${i}]` }));
  });
  const found = read(entries);
  return { networks: found.networks, problems: [...problems, ...found.problems] };
}

function textOf(item: unknown): string {
  if (typeof item === 'string') return item.trim();
  if (typeof item !== 'object' || item === null) return '';
  const name = textNames.find((each) => Object.hasOwn(item, each));
  const text: unknown = name === undefined ? undefined : Reflect.get(item, name);
  return typeof text === 'string' ? text.trim() : '';
}

function read(entries: readonly { readonly text: string; readonly place: string }[]): AddressList {
  const networks: Network[] = [];
  const problems: string[] = [];
  for (const { text, place } of entries) {
    const network = parseNetwork(text);
    if (network !== undefined) networks.push(network);
    else if (problems.length < mostProblems)
      problems.push(`${place}: ${JSON.stringify(text.slice(0, 60))} is no address and no network`);
  }
  return { networks, problems };
}
