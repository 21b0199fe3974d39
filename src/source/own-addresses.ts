import { parseNetwork, type Network } from '../web/network.ts';
import { clientSettings, first, onlyReads } from './snapshot/client.ts';

/** Elastic addresses and NAT gateways of the account that the credentials belong to. */
export interface OwnAddresses {
  readonly region: string;
  /** A profile of the shared AWS configuration, where it is not the usual credentials. */
  readonly profile?: string | undefined;
  /** Only those that have all of these tags; any, where there are none. */
  readonly tags: Readonly<Record<string, string>>;
}

/** What asks for a list again and again must not wait for one answer for long. */
const patienceMs = 20_000;

/** More is no account; the answers are held in memory. */
const mostPages = 100;

/** `aws:eu-west-1`, `aws:eu-west-1?Team=web`, with the profile where there is one. */
export function ownAddressesName({ region, profile, tags }: OwnAddresses): string {
  const wanted = new URLSearchParams(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))).toString();
  return `aws:${profile === undefined ? '' : `${profile}@`}${region}${wanted === '' ? '' : `?${wanted}`}`;
}

/**
 * The public addresses that requests of one's own machines come from: elastic ones, and those of NAT gateways that are there or being made.
 * Only describes (`ec2:DescribeAddresses`, `ec2:DescribeNatGateways`). The part of the SDK is loaded when this is first called.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNatGateways.html
 * @throws {Error} with subject, reason and way out where one of both cannot be read whole
 */
export async function ownAddresses(wanted: OwnAddresses): Promise<readonly Network[]> {
  const { DescribeAddressesCommand, EC2Client, paginateDescribeNatGateways } =
    await import('@aws-sdk/client-ec2');
  const { region, profile, tags } = wanted;
  const client = new EC2Client({ ...clientSettings({ region, profile }), maxAttempts: 3 });
  client.middlewareStack.add(onlyReads, first);
  const filters = Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }));
  const abortSignal = AbortSignal.timeout(patienceMs);
  const found: (string | undefined)[] = [];
  try {
    const { Addresses: addresses = [] } = await client.send(
      new DescribeAddressesCommand({ Filters: filters }),
      {
        abortSignal,
      },
    );
    for (const { PublicIp: address, CarrierIp: carrier, Tags } of addresses)
      if (hasTags(Tags, tags)) found.push(address, carrier);
    let pages = 0;
    const config = { client, pageSize: 1000 };
    const living = { Name: 'state', Values: ['available', 'pending'] };
    for await (const page of paginateDescribeNatGateways(
      config,
      { Filter: [...filters, living] },
      { abortSignal },
    )) {
      if (++pages > mostPages) throw new Error(`there are more than ${mostPages} pages of NAT gateways`);
      for (const { NatGatewayAddresses: held = [], Tags } of page.NatGateways ?? [])
        if (hasTags(Tags, tags)) for (const { PublicIp: address } of held) found.push(address);
    }
  } catch (error) {
    const reason = abortSignal.aborted
      ? `no whole answer within ${patienceMs} ms`
      : error instanceof Error
        ? error.message
        : String(error);
    throw new Error(
      `${ownAddressesName(wanted)}: own addresses cannot be read: ${reason}; it needs ec2:DescribeAddresses and ec2:DescribeNatGateways`,
      { cause: error },
    );
  } finally {
    client.destroy();
  }
  return [...new Set(found)].flatMap((address) => parseNetwork(address ?? '') ?? []);
}

/** Whatever was asked for: an address that is approved by mistake can never be blocked. */
function hasTags(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = [],
  wanted: OwnAddresses['tags'],
): boolean {
  return Object.entries(wanted).every(([key, value]) =>
    tags.some((tag) => tag.Key === key && tag.Value === value),
  );
}
