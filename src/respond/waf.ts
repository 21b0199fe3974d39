import type { IPSet, WAFV2Client } from '@aws-sdk/client-wafv2';
import { cidrText, parseNetwork, type Network } from '../web/network.ts';
import { EnforcementError, type Enforcement, type ListedAddresses } from './enforcement.ts';

/** An IP set of AWS WAF, as its ARN says. */
export interface IpSet {
  readonly arn: string;
  readonly scope: 'REGIONAL' | 'CLOUDFRONT';
  /** Sets for CloudFront live in us-east-1. */
  readonly region: string;
  readonly name: string;
  readonly id: string;
}

/** https://docs.aws.amazon.com/waf/latest/developerguide/limits.html */
const mostAddresses = 10_000;

/** AWS asks for few changes; its own solution for log-based blocks waits as long between two. */
const apart = 5_000;

/**
 * Reads `arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/NAME/ID`; `global` is the scope of CloudFront.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html
 */
export function parseIpSetArn(arn: string): IpSet | undefined {
  const match =
    /^arn:aws[\w-]*:wafv2:([a-z0-9-]+):\d{12}:(regional|global)\/ipset\/([\w-]{1,128})\/([\w-]{1,36})$/.exec(
      arn,
    );
  if (match === null) return undefined;
  const [, region = '', place, name = '', id = ''] = match;
  if (place === 'global' && region !== 'us-east-1') return undefined;
  return { arn, scope: place === 'global' ? 'CLOUDFRONT' : 'REGIONAL', region, name, id };
}

/** One IP set. Its other entries stay, unless it is told that nobody else writes to it. */
export function wafEnforcement(
  set: IpSet,
  family: Network['family'],
  options: {
    readonly exclusive: boolean;
    readonly client: () => Promise<WAFV2Client>;
    readonly apart?: number;
  },
): Enforcement {
  // AWS keeps the description of a set only where it is sent with each change.
  let description: string | undefined;
  const named = { Name: set.name, Scope: set.scope, Id: set.id };
  return {
    name: set.arn,
    family,
    capacity: mostAddresses,
    exclusive: options.exclusive,
    pace: { name: 'aws-waf', apart: options.apart ?? apart },
    read: () =>
      told(set, async () => {
        const { GetIPSetCommand } = await import('@aws-sdk/client-wafv2');
        const client = await options.client();
        const { IPSet: found, LockToken: token } = await client.send(new GetIPSetCommand(named));
        if (found === undefined || token === undefined)
          throw new EnforcementError('busy', 'AWS gave neither set nor token');
        description = found.Description;
        return { entries: entriesOf(found, family), token };
      }),
    write: (entries, { token }: ListedAddresses) =>
      told(set, async () => {
        const { UpdateIPSetCommand } = await import('@aws-sdk/client-wafv2');
        const client = await options.client();
        await client.send(
          new UpdateIPSetCommand({
            ...named,
            ...(description === undefined || description === '' ? {} : { Description: description }),
            Addresses: entries.map(cidrText),
            LockToken: token,
          }),
        );
      }),
  };
}

/** WAF with the usual AWS credentials and, for stand-ins, the usual AWS_ENDPOINT_URL variables. One client for each region. */
export function wafClients(): (region: string) => Promise<WAFV2Client> {
  const clients = new Map<string, Promise<WAFV2Client>>();
  const make = async (region: string): Promise<WAFV2Client> => {
    const { WAFV2Client } = await import('@aws-sdk/client-wafv2');
    return new WAFV2Client({
      region,
      requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
    });
  };
  return (region) => {
    const client = clients.get(region) ?? make(region);
    clients.set(region, client);
    return client;
  };
}

function entriesOf(set: IPSet, family: Network['family']): readonly Network[] {
  if (set.IPAddressVersion !== `IPV${family}`)
    throw new EnforcementError(
      'refused',
      `it holds ${set.IPAddressVersion ?? 'no known kind of'} addresses and is configured for IPv${family}; name another set`,
    );
  return (set.Addresses ?? []).map((text) => {
    const network = parseNetwork(text);
    // Leaving it out would take it out of the set.
    if (network === undefined || network.family !== family)
      throw new EnforcementError(
        'refused',
        `${JSON.stringify(text.slice(0, 60))} in it is no IPv${family} network; take it out`,
      );
    return network;
  });
}

/** What the SDK does not try again by itself, or gave up on. Whether a call without an answer came through shows when the set is read. */
const passing: ReadonlySet<string> = new Set([
  'WAFUnavailableEntityException',
  'WAFInternalErrorException',
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'TimeoutError',
]);

async function told<T>(set: IpSet, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const place = `IP set ${set.name} (${set.scope}, ${set.region})`;
    if (error instanceof EnforcementError)
      throw new EnforcementError(error.problem, `${place}: ${error.message}`, { cause: error });
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    if (name === 'WAFOptimisticLockException')
      throw new EnforcementError('conflict', `${place}: somebody else changed it meanwhile`, {
        cause: error,
      });
    const isPassing = passing.has(name) || statusOf(error) >= 500 || hasNoAnswer(error);
    throw new EnforcementError(isPassing ? 'busy' : 'refused', `${place}: ${name}: ${message}`, {
      cause: error,
    });
  }
}

function statusOf(error: unknown): number {
  const metadata: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, '$metadata') : undefined;
  const status: unknown =
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  return typeof status === 'number' ? status : 0;
}

/** Node's own errors of a connection: ECONNRESET, ECONNREFUSED, ENOTFOUND ... */
function hasNoAnswer(error: unknown): boolean {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' && /^(E[A-Z_]+|UND_ERR_\w+)$/.test(code);
}
