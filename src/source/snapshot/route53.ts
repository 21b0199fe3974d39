import {
  ListResourceRecordSetsCommand,
  paginateListHostedZones,
  Route53Client,
  type ListResourceRecordSetsCommandOutput,
} from '@aws-sdk/client-route-53';
import type { Json } from '../../event/json.ts';
import { at, itemsAt, textAt } from '../../facts/assets/sighting.ts';
import { recordShown, zoneShown } from '../../facts/assets/snapshot/route53.ts';
import { clientSettings, first, onlyReads } from './client.ts';
import { askAll, inParallel, type ClientOptions, type Look } from './look.ts';

/** Zones, and the records of those that everybody sees. */
export async function readRoute53(look: Look): Promise<void> {
  const client = route53Client(look.client);
  try {
    const time = look.now();
    const pages = await askAll(look, { permission: 'route53:ListHostedZones' }, () =>
      paginateListHostedZones({ client, pageSize: 100 }, {}),
    );
    if (pages === undefined) return;
    const zones = pages.flatMap((page) => itemsAt(page, 'HostedZones'));
    look.show(
      zones.flatMap((zone) => zoneShown(look.place, zone)),
      time,
    );
    look.whole({ type: 'AWS::Route53::HostedZone', time });
    const open = zones.filter((zone) => at(zone, 'Config.PrivateZone') !== true);
    // Route 53 takes five calls a second of an account.
    await inParallel(open, 2, (zone) => readRecords(look, client, zone));
  } finally {
    client.destroy();
  }
}

async function readRecords(look: Look, client: Route53Client, zone: Json): Promise<void> {
  const id = textAt(zone, 'Id')?.replace(/^\/?hostedzone\//, '');
  if (id === undefined) return;
  const time = look.now();
  const pages = await askAll(look, { permission: 'route53:ListResourceRecordSets', of: id }, () =>
    recordPages(client, id),
  );
  if (pages === undefined) return;
  for (const page of pages)
    look.show(
      itemsAt(page, 'ResourceRecordSets').flatMap((record) => recordShown(look.place, id, record)),
      time,
    );
  look.whole({ type: 'AWS::Route53::RecordSet', prefix: `${id}/`, time });
}

/** Each page says with which record the next one begins. */
async function* recordPages(
  client: Route53Client,
  HostedZoneId: string,
): AsyncGenerator<ListResourceRecordSetsCommandOutput> {
  let last: ListResourceRecordSetsCommandOutput | undefined;
  do {
    last = await client.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId,
        StartRecordName: last?.NextRecordName,
        StartRecordType: last?.NextRecordType,
        StartRecordIdentifier: last?.NextRecordIdentifier,
      }),
    );
    yield last;
  } while (last.IsTruncated === true && last.NextRecordName !== undefined);
}

function route53Client(options: ClientOptions): Route53Client {
  const client = new Route53Client(clientSettings(options));
  client.middlewareStack.add(onlyReads, first);
  return client;
}
