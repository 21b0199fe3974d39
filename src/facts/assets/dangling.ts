import type { Event } from '../../event/event.ts';
import type { Fact } from '../fact.ts';
import type { FieldName } from '../field-name.ts';
import { listed, quote } from '../sentence.ts';
import { isDeleted, membersOf, valueAt, type Asset } from './asset.ts';
import { textsOf, type AssetMemory } from './memory.ts';
import { pointsAt, reachedAt, type Sighting } from './sighting.ts';
import { spokenAsset } from './spoken.ts';

/** What rules see under `tocsin.dangling`. Held by a test to what is produced. */
export const danglingFieldNames: readonly FieldName[] = [
  { name: 'dangling.records', description: 'names of the DNS records that still point at what is gone' },
  { name: 'dangling.target', description: 'the address or name that they point at' },
  { name: 'dangling.resource_type', description: 'type of what is gone, such as AWS::EC2::EIP' },
  { name: 'dangling.resource', description: 'ARN or id of what is gone' },
  {
    name: 'dangling.claimable',
    description:
      'yes where anybody can get the same name or address for an own thing, no where AWS makes names that nobody gets again',
  },
];

/**
 * Whether a stranger can come by the name of a thing that is gone. Names of buckets and of Beanstalk's environments are chosen by who
 * makes them; an address goes back into AWS's pool; names of load balancers and distributions have a part that AWS draws.
 * https://docs.aws.amazon.com/whitepapers/latest/aws-best-practices-ddos-resiliency/ and
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/protection-from-dangling-dns.html
 */
const claimable: ReadonlySet<string> = new Set([
  'AWS::EC2::EIP',
  'AWS::EC2::Instance',
  'AWS::ElasticBeanstalk::Environment',
  'AWS::S3::Bucket',
]);

const mostRecords = 20;

/** DNS records that still point at a thing which this call deletes or lets go. */
export function danglingOf(
  event: Event,
  sightings: readonly Sighting[],
  memory: AssetMemory,
): readonly Fact[] {
  if (event.outcome.result !== 'success') return [];
  return sightings.flatMap((sighting) => {
    if (sighting.what !== 'deleted') return [];
    const asset = memory.get(sighting.type, sighting.id);
    const names = new Set([...namesOf(sighting), ...membersOf(asset, reachedAt)]);
    const hits = [...names].flatMap((name) =>
      memory
        .pointingAt(name)
        .filter((record) => isLive(record, sighting, name, event))
        .map((record) => ({ name, record })),
    );
    const [first] = hits;
    return first === undefined ? [] : [factOf(asset ?? sighting, hits, first.name)];
  });
}

/** What the call itself tells of where the thing was reached. */
function namesOf(sighting: Sighting): readonly string[] {
  const reached = sighting.aspects[reachedAt];
  const told = reached?.how === 'members' ? reached.add : [];
  return sighting.type === 'AWS::S3::Bucket' ? [...told, ...websiteNames(sighting)] : told;
}

/**
 * A bucket is reached by several names, and as the target of an alias by its region's alone.
 * https://docs.aws.amazon.com/general/latest/gr/s3.html#s3_website_region_endpoints
 */
function websiteNames({ name, region }: Sighting): readonly string[] {
  const websites =
    region === undefined ? [] : [`s3-website-${region}.amazonaws.com`, `s3-website.${region}.amazonaws.com`];
  return [
    `${name}.s3.amazonaws.com`,
    ...(region === undefined ? [] : [`${name}.s3.${region}.amazonaws.com`]),
    ...websites.flatMap((website) => [`${name}.${website}`, website]),
  ];
}

/** Whether a record points there by now. An alias of a website names the bucket by its own name. */
function isLive(record: Asset, sighting: Sighting, name: string, event: Event): boolean {
  if (isDeleted(record)) return false;
  const values = textsOf(valueAt(record, pointsAt, event.time));
  if (!values.includes(name)) return false;
  return !/^s3-website[.-]/.test(name) || record.name === sighting.name;
}

function factOf(
  gone: Asset | Sighting,
  hits: readonly { readonly name: string; readonly record: Asset }[],
  target: string,
): Fact {
  const records = [...new Set(hits.map(({ record }) => record.name))].sort().slice(0, mostRecords);
  const isClaimable = claimable.has(gone.type);
  const many = records.length > 1;
  const names = listed(records.map(quote));
  const risk = isClaimable
    ? `whoever gets ${quote(target)} next answers for ${many ? 'them' : 'it'}`
    : `nobody else can get that name, but ${many ? 'they lead' : 'it leads'} nowhere`;
  return {
    subject: 'dangling',
    explanation: `${spokenAsset(gone)} is gone, but the DNS record${many ? 's' : ''} ${names} still point${many ? '' : 's'} at ${quote(target)}: ${risk}`,
    unknowns: [
      'whether the record was changed in a way that the log does not show: ListResourceRecordSets would tell',
    ],
    fields: {
      records,
      target,
      resource_type: gone.type,
      resource: gone.arn ?? gone.id,
      claimable: isClaimable ? 'yes' : 'no',
    },
  };
}
