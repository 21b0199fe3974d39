import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { clientSettings, first, onlyReads } from './client.ts';

/** Who asks, and from where: the account that a snapshot is of. */
export interface Caller {
  readonly account: string;
  readonly partition: string;
  readonly arn: string;
  /** The region that the profile or the environment names; one that every account of the partition has, where they name none. */
  readonly region: string;
}

const homes: ReadonlyMap<string, string> = new Map([
  ['aws-cn', 'cn-north-1'],
  ['aws-us-gov', 'us-gov-west-1'],
]);

/** @throws {Error} the SDK's own, where there are no credentials or AWS takes them for wrong */
export async function callerOf(profile: string | undefined, region: string | undefined): Promise<Caller> {
  const named = region ?? (await configuredRegion(profile));
  const client = new STSClient(clientSettings({ region: named ?? 'us-east-1', profile }));
  client.middlewareStack.add(onlyReads, first);
  try {
    const { Account, Arn = '' } = await client.send(new GetCallerIdentityCommand({}));
    const partition = Arn.split(':')[1] ?? 'aws';
    if (Account === undefined || !/^\d{12}$/.test(Account))
      throw new Error('sts:GetCallerIdentity named no account');
    return { account: Account, partition, arn: Arn, region: named ?? homes.get(partition) ?? 'us-east-1' };
  } finally {
    client.destroy();
  }
}

/** AWS_REGION, or that of the profile in ~/.aws/config. */
async function configuredRegion(profile: string | undefined): Promise<string | undefined> {
  const client = new STSClient(profile === undefined ? {} : { profile });
  try {
    return await client.config.region();
  } catch {
    // The SDK says only by an error that there is none.
    return undefined;
  } finally {
    client.destroy();
  }
}
