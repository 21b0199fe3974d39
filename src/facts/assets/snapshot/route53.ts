import type { Json } from '../../../event/json.ts';
import { dnsAsset, recordSighting, zoneId } from '../dns.ts';
import { at, reachable, set, textAt, type Place, type Sighting } from '../sighting.ts';

/** A zone of ListHostedZones. */
export function zoneShown(place: Place, zone: Json): readonly Sighting[] {
  const id = zoneId(textAt(zone, 'Id'));
  if (id === undefined) return [];
  const isPrivate = at(zone, 'Config.PrivateZone') === true;
  const name = reachable(textAt(zone, 'Name') ?? id);
  return [
    dnsAsset(place, 'AWS::Route53::HostedZone', id, name, 'shown', {
      visible: set(isPrivate ? 'private' : 'public'),
    }),
  ];
}

/** A record set of ListResourceRecordSets. */
export function recordShown(place: Place, zone: string, record: Json): readonly Sighting[] {
  return recordSighting(place, zone, record, 'shown');
}
