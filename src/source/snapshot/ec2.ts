import {
  DescribeAddressesCommand,
  DescribeRegionsCommand,
  EC2Client,
  paginateDescribeInstances,
  paginateDescribeSecurityGroups,
} from '@aws-sdk/client-ec2';
import type { Json } from '../../event/json.ts';
import { at, itemsAt, textAt, type Place, type Sighting } from '../../facts/assets/sighting.ts';
import { addressShown, groupShown, instanceShown } from '../../facts/assets/snapshot/ec2.ts';
import { clientSettings, first, onlyReads } from './client.ts';
import { ask, askAll, type ClientOptions, type Look, type Question } from './look.ts';

/** Security groups with their rules, instances with where they are reached, and elastic addresses of one region. */
export async function readEc2(look: Look): Promise<void> {
  const client = ec2Client(look.client);
  const { region } = look.place;
  async function read(
    type: string,
    question: Question,
    pages: () => AsyncIterable<unknown>,
    shown: (place: Place, page: Json) => readonly Sighting[],
  ): Promise<void> {
    const time = look.now();
    const all = await askAll(look, question, pages);
    if (all === undefined) return;
    for (const page of all) look.show(shown(look.place, page), time);
    look.whole({ type, region, time });
  }
  try {
    await read(
      'AWS::EC2::SecurityGroup',
      { permission: 'ec2:DescribeSecurityGroups' },
      () => paginateDescribeSecurityGroups({ client, pageSize: 1000 }, {}),
      (place, page) => itemsAt(page, 'SecurityGroups').flatMap((item) => groupShown(place, item)),
    );
    await read(
      'AWS::EC2::Instance',
      { permission: 'ec2:DescribeInstances' },
      () => paginateDescribeInstances({ client, pageSize: 1000 }, {}),
      (place, page) =>
        itemsAt(page, 'Reservations').flatMap((reservation) =>
          itemsAt(reservation, 'Instances').flatMap((item) => instanceShown(place, item)),
        ),
    );
    await read(
      'AWS::EC2::EIP',
      { permission: 'ec2:DescribeAddresses' },
      // It has no pages.
      async function* () {
        yield await client.send(new DescribeAddressesCommand({}));
      },
      (place, page) => itemsAt(page, 'Addresses').flatMap((item) => addressShown(place, item)),
    );
  } finally {
    client.destroy();
  }
}

/** The regions that are enabled in the account; undefined where that can't be read, which is told. */
export async function enabledRegions(look: Look): Promise<readonly string[] | undefined> {
  const client = ec2Client(look.client);
  try {
    const answer = await ask(look, { permission: 'ec2:DescribeRegions' }, () =>
      client.send(new DescribeRegionsCommand({})),
    );
    if (answer === undefined) return undefined;
    return itemsAt(answer, 'Regions')
      .filter((region) => at(region, 'OptInStatus') !== 'not-opted-in')
      .flatMap((region) => textAt(region, 'RegionName') ?? [])
      .sort();
  } finally {
    client.destroy();
  }
}

function ec2Client(options: ClientOptions): EC2Client {
  const client = new EC2Client(clientSettings(options));
  client.middlewareStack.add(onlyReads, first);
  return client;
}
