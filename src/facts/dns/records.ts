import type { Event } from '../../event/event.ts';
import type { Analyser, Fact } from '../fact.ts';
import { listed, quote } from '../sentence.ts';
import { claimableAt } from './claimable.ts';
import type { Claimable } from './claimable.ts';
import { dnsFact } from './dns.ts';
import type { DnsRisk } from './dns.ts';
import { isInternalAddress, isInternalName } from './internal-address.ts';
import { bareName, recordChangeAction, recordChangesOf } from './record-change.ts';
import type { RecordChange } from './record-change.ts';
import { mailPolicyOf, textOf } from './text-record.ts';

/** What a change of records in Route 53 means, record by record. Fields: dns.ts. */
export const dnsRecords: Analyser = {
  name: 'dns-records',
  actions: [recordChangeAction],
  subjects: ['dns'],
  analyse: (event) => recordChangesOf(event).map((change) => factOf(event, change)),
};

/** One thing to say about a change. */
interface Remark {
  readonly risk: DnsRisk;
  /** Goes on after the sentence: `and ...`. */
  readonly says: string;
  readonly unknown?: string;
  readonly claimable?: Claimable;
}

const zoneIsPublic = 'whether the zone is public: GetHostedZone would tell';

function factOf(event: Event, change: RecordChange): Fact {
  const attempted = event.outcome.result === 'failure';
  const remarks = remarksOn(change);
  const code = event.outcome.code === undefined ? '' : ` (${quote(event.outcome.code)})`;
  const said = `${sentenceOf(change)}${remarks.map(({ says }) => `; ${says}`).join('')}`;
  const claimable = remarks.find((remark) => remark.claimable !== undefined)?.claimable;
  const privateAddresses = change.values.filter(isInternalAddress);
  const unknowns = new Set(remarks.flatMap(({ unknown }) => (unknown === undefined ? [] : [unknown])));
  if (event.outcome.result === 'unknown') unknowns.add('whether the call succeeded: the record does not say');
  return dnsFact(
    {
      kind: 'record',
      change: attempted ? 'unchanged' : change.change,
      wanted: change.change,
      attempted,
      zone: change.zone,
      name: change.name,
      type: change.type,
      values: change.values,
      risks: attempted ? [] : remarks.map(({ risk }) => risk),
      alias: change.alias,
      ttl: change.ttl,
      claimable: claimable?.provider,
      claim: claimable?.claim,
      privateAddresses: privateAddresses.length === 0 ? undefined : privateAddresses,
    },
    attempted ? `tried this, but the call failed${code}: ${said}` : said,
    attempted ? [] : [...unknowns],
  );
}

function sentenceOf({ change, name, type, values, alias }: RecordChange): string {
  const record = `the ${type === '' ? '' : `${quote(type)} `}record ${quote(name)}`;
  const what = alias ? `an alias for ${listed(values.map(quote))}` : listed(values.map(quote));
  switch (change) {
    case 'created':
      return `${record} is new: ${what}`;
    case 'set':
      return `${record} is now ${what}`;
    case 'deleted':
      return `${record} is gone; it was ${what}`;
    case 'unknown':
      return `${record} was changed in a way that cannot be read: ${what}`;
  }
}

function remarksOn(change: RecordChange): readonly Remark[] {
  switch (change.change) {
    case 'unknown':
      return [];
    case 'deleted':
      return change.replaced ? [] : remarksOnDeletion(change);
    case 'created':
    case 'set':
      return remarksOnRecord(change);
  }
}

function remarksOnRecord(change: RecordChange): readonly Remark[] {
  const { name, type, values } = change;
  const remarks: Remark[] = [];
  if (name === '*' || name.startsWith('*.')) {
    remarks.push({ risk: 'wildcard', says: 'it answers for every name below that has no record of its own' });
  }
  if (type === 'NS') remarks.push(delegation(values));
  if (type === 'MX' && values.length > 0) {
    remarks.push({
      risk: 'mail-moved',
      says: 'mail for that name goes there',
      unknown:
        'where mail went before: ListResourceRecordSets in the time before, or the last change of the record, would tell',
    });
  }
  if (type === 'TXT' || type === 'SPF') remarks.push(...remarksOnText(change));
  if (type === 'CAA') remarks.push(...remarksOnCaa(values));
  if (type === 'CNAME' || change.alias) remarks.push(...remarksOnTarget(change));
  if ((type === 'A' || type === 'AAAA') && !change.alias) remarks.push(...remarksOnAddresses(change));
  return remarks;
}

function remarksOnTarget({ name, values }: RecordChange): readonly Remark[] {
  const remarks: Remark[] = [];
  for (const value of values) {
    const target = bareName(value);
    const claimable = claimableAt(target, name);
    if (claimable !== undefined) {
      remarks.push({
        risk: 'claimable',
        says: spokenClaim(claimable),
        unknown: unknownOwner(claimable),
        claimable,
      });
    } else if (isInternalName(target) && !isInternalName(name)) {
      remarks.push({
        risk: 'internal-name',
        says: `${quote(target)} is a name for use within a network`,
        unknown: zoneIsPublic,
      });
    }
  }
  return remarks;
}

function spokenClaim({ provider, how, claim }: Claimable): string {
  switch (how) {
    case 'address':
      return 'once that address is let go, AWS gives it to somebody else, who then answers for this name';
    case 'name':
      return `that is ${provider}: whoever holds ${quote(claim ?? '')} there answers for this name`;
    case 'domain':
      return `that is ${provider}: whoever enters this name there, once you no longer do, answers for it`;
  }
}

function unknownOwner({ provider, how, claim }: Claimable): string {
  if (how === 'address')
    return 'whether that address is yours: DescribeAddresses and DescribeInstances would tell';
  if (provider === 'S3' || provider === 'S3 website') {
    return `whether the bucket ${quote(claim ?? '')} is there and yours: HeadBucket with your account as ExpectedBucketOwner would tell`;
  }
  return `whether what it points at is there and yours: ${provider} would tell`;
}

function remarksOnAddresses({ name, values }: RecordChange): readonly Remark[] {
  const inside = values.filter(isInternalAddress);
  // A name that nobody else can resolve stands in a private zone.
  if (inside.length === 0 || isInternalName(name)) return [];
  return [
    {
      risk: 'private-address',
      says: `${listed(inside.map(quote))} ${inside.length > 1 ? 'are addresses' : 'is an address'} within a network, which a public zone would tell to everyone`,
      unknown: zoneIsPublic,
    },
  ];
}

/** Name servers of Route 53: ns-2048.awsdns-64.com. */
const ownNameserver = /^ns-\d{1,5}\.awsdns-\d{1,3}\.(?:com|net|org|co\.uk)$/;

function delegation(values: readonly string[]): Remark {
  const elsewhere = values.map(bareName).filter((value) => !ownNameserver.test(value));
  return elsewhere.length === 0
    ? {
        risk: 'delegation',
        says: 'whoever owns the hosted zone with these name servers decides on every name below',
        unknown:
          'whose hosted zone that is: ListHostedZones and GetHostedZone of your own accounts would tell',
      }
    : {
        risk: 'delegation-elsewhere',
        says: `whoever runs ${listed(elsewhere.map(quote))} decides on every name below`,
      };
}

function remarksOnText({ name, values }: RecordChange): readonly Remark[] {
  const remarks: Remark[] = [];
  for (const value of values) {
    const policy = mailPolicyOf(name, textOf(value));
    if (policy?.kind === 'spf') {
      if (policy.all === '+' || policy.anyAddress)
        remarks.push({
          risk: 'spf-allows-anyone',
          says: 'by this SPF record anyone may send mail in that name',
        });
      else if (policy.all === '?')
        remarks.push({
          risk: 'spf-says-nothing',
          says: 'this SPF record forbids nobody to send mail in that name',
        });
    } else if (policy?.kind === 'dmarc') {
      if (policy.policy === 'none' || policy.percent === 0)
        remarks.push({ risk: 'dmarc-none', says: 'by this DMARC record receivers let forged mail through' });
    } else if (policy?.kind === 'dkim') {
      if (policy.revoked) remarks.push({ risk: 'dkim-removed', says: 'this DKIM key is revoked' });
      else if (policy.testing)
        remarks.push({
          risk: 'dkim-weakened',
          says: 'this DKIM key is marked as a test, which receivers may ignore',
        });
    }
  }
  return remarks;
}

/** `0 issue "letsencrypt.org"`; without an `issue` every certificate authority may. https://www.rfc-editor.org/rfc/rfc8659 */
function remarksOnCaa(values: readonly string[]): readonly Remark[] {
  const restricts = values.some((value) => /^\s*\d{1,3}\s+issue\s/i.test(value));
  return restricts || values.length === 0
    ? []
    : [{ risk: 'caa-allows-anyone', says: 'any certificate authority may issue certificates for that name' }];
}

function remarksOnDeletion({ name, type, values }: RecordChange): readonly Remark[] {
  switch (type) {
    case 'MX':
      return [{ risk: 'mail-removed', says: 'mail for that name has nowhere to go' }];
    case 'CAA':
      return [
        { risk: 'caa-removed', says: 'any certificate authority may issue certificates for that name' },
      ];
    case 'TXT':
    case 'SPF':
      return values.flatMap((value): readonly Remark[] => {
        const kind = mailPolicyOf(name, textOf(value))?.kind;
        if (kind === 'spf')
          return [{ risk: 'spf-removed', says: 'receivers cannot tell who may send mail in that name' }];
        if (kind === 'dmarc')
          return [{ risk: 'dmarc-removed', says: 'receivers are not told what to do with forged mail' }];
        return kind === 'dkim' ? [{ risk: 'dkim-removed', says: 'signatures with this DKIM key fail' }] : [];
      });
    default:
      return [];
  }
}
