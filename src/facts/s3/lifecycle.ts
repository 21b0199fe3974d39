import type { Event } from '../../event/event.ts';
import { isJsonObject } from '../../event/json.ts';
import type { Json } from '../../event/json.ts';
import type { Analyser, Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import { lossFact } from '../loss.ts';
import type { Loss } from '../loss.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import type { S3Resource } from '../s3-resource.ts';
import { listed, quote } from '../sentence.ts';
import { left, said } from './said.ts';
import { bucketCalls, controlCalls, requestOf } from './s3-calls.ts';
import { child, children, element, leaf, numberIn } from './xml.ts';

/**
 * What a bucket's lifecycle rules delete by themselves, and how soon.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
export const s3Lifecycle: Analyser = {
  name: 's3-lifecycle',
  subjects: ['loss'],
  actions: [
    ...bucketCalls('DeleteBucketLifecycle', 'PutBucketLifecycle'),
    ...controlCalls('DeleteBucketLifecycleConfiguration', 'PutBucketLifecycleConfiguration'),
  ],
  analyse,
};

type Part = 'current' | 'old-versions';

/** What one rule takes away of one part of a bucket. */
interface Expiry {
  readonly part: Part;
  readonly extent: 'whole' | 'part';
  readonly days: number | undefined;
  readonly date: string | undefined;
  readonly scope: readonly string[];
  readonly doubt: string | undefined;
}

function analyse(event: Event): readonly Fact[] {
  const resource = s3ResourceOf(event, 'bucket');
  if (resource === undefined) return [];
  const { spoken } = resource;
  if (event.action.startsWith('Delete')) {
    return [
      nothingFact(
        event,
        resource,
        `${spoken} has no lifecycle rules any more: nothing in it expires by itself`,
      ),
    ];
  }
  const configuration = element(requestOf(event), 'LifecycleConfiguration');
  if (configuration === undefined) {
    const sentence = `the lifecycle rules of ${spoken} were set, but what to cannot be read from the record`;
    const unknowns = ['what they delete and when: GetBucketLifecycleConfiguration would tell'];
    return [fact(event, resource, { ...nothing, change: 'unknown' }, sentence, unknowns)];
  }
  // PutBucketLifecycle of old has `Rule` there too; S3 Control wraps the list in `Rules`.
  const rules = [...children(configuration, 'Rule'), ...children(element(configuration, 'Rules'), 'Rule')];
  const expiries = rules.filter(isOn).flatMap(expiriesOf);
  if (expiries.length === 0) {
    const sentence = `no lifecycle rule of ${spoken} that is on deletes data`;
    return [nothingFact(event, resource, sentence)];
  }
  const groups = Map.groupBy(expiries, (expiry) => `${expiry.extent} ${expiry.part}`);
  return [...groups.values()].map((group) => factOfGroup(event, resource, group));
}

function isOn(rule: Json): boolean {
  return leaf(rule, 'Status')?.toLowerCase() === 'enabled';
}

function expiriesOf(rule: Json): readonly Expiry[] {
  const confined = confinesOf(rule);
  const expiration = element(rule, 'Expiration');
  const days = numberIn(expiration, 'Days');
  const date = leaf(expiration, 'Date');
  const old = element(rule, 'NoncurrentVersionExpiration');
  const oldDays = numberIn(old, 'NoncurrentDays');
  const found: Expiry[] = [];
  if (days !== undefined || date !== undefined) found.push({ part: 'current', days, date, ...confined });
  if (oldDays !== undefined) {
    const kept = numberIn(old, 'NewerNoncurrentVersions');
    found.push({
      part: 'old-versions',
      days: oldDays,
      date: undefined,
      ...confined,
      ...(kept === undefined || kept === 0
        ? {}
        : { extent: 'part', scope: [...confined.scope, `all but the newest ${kept} old versions`] }),
    });
  }
  return found;
}

/** What a rule is confined to by its prefix (in either place) and filter. */
function confinesOf(rule: Json): Pick<Expiry, 'extent' | 'scope' | 'doubt'> {
  const filter = child(rule, 'Filter');
  const and = element(filter, 'And');
  const prefixes = [leaf(rule, 'Prefix'), leaf(filter, 'Prefix'), leaf(and, 'Prefix')].filter(
    (prefix) => prefix !== undefined,
  );
  // S3 takes a star for a star; whoever writes nothing else mostly means everything.
  const stars = prefixes.filter((prefix) => /^\*+$/.test(prefix));
  const scope = prefixes.filter((prefix) => !/^\*+$/.test(prefix));
  for (const tag of [...children(filter, 'Tag'), ...children(and, 'Tag')]) {
    scope.push(`tag ${leaf(tag, 'Key') ?? ''}=${leaf(tag, 'Value') ?? ''}`);
  }
  for (const holder of [filter, and]) {
    const more = isJsonObject(holder) ? numberIn(holder, 'ObjectSizeGreaterThan') : undefined;
    const less = isJsonObject(holder) ? numberIn(holder, 'ObjectSizeLessThan') : undefined;
    // Every object is larger than this, or has nothing in it.
    if (more !== undefined && more > 0) scope.push(`larger than ${more} bytes`);
    if (less !== undefined) scope.push(`smaller than ${less} bytes`);
  }
  return {
    extent: scope.length === 0 ? 'whole' : 'part',
    scope: [...scope, ...stars],
    doubt:
      stars.length === 0
        ? undefined
        : 'whether the name of any object begins with `*`: S3 takes that prefix literally, and ListObjects would tell',
  };
}

function factOfGroup(event: Event, resource: S3Resource, group: readonly Expiry[]): Fact {
  const days = leastOf(group.map((expiry) => expiry.days));
  const [date] = group
    .map((expiry) => expiry.date)
    .filter((one) => one !== undefined)
    .sort();
  const first = group[0];
  const part = first?.part ?? 'current';
  const extent = first?.extent ?? 'part';
  const scope = [...new Set(group.flatMap((expiry) => expiry.scope))].sort();
  const things =
    extent === 'whole'
      ? `everything in ${resource.spoken}`
      : `objects in ${resource.spoken} confined to ${listed(scope.map(quote))}`;
  const sentence =
    part === 'current'
      ? `${things} ${extent === 'whole' ? 'is' : 'are'} now deleted ${clockOf(days, date, 'after')} by a lifecycle rule`
      : `old versions of ${things} are now deleted ${clockOf(days, date, '')}after they were replaced, by a lifecycle rule`;
  const unknowns = [
    ...new Set(group.map((expiry) => expiry.doubt).filter((doubt) => doubt !== undefined)),
    ...(part === 'current' ? ['whether versions keep what is deleted: GetBucketVersioning would tell'] : []),
  ];
  const change = { change: 'scheduled', extent, parts: [part], days, date, scope } as const;
  return fact(event, resource, change, sentence, unknowns);
}

function clockOf(days: number | undefined, date: string | undefined, after: string): string {
  const space = after === '' ? '' : `${after} `;
  const clocks = [
    ...(days === undefined ? [] : [`${space}${days === 1 ? 'a day' : `${days} days`}`]),
    ...(date === undefined ? [] : [`at ${quote(date)}`]),
  ].join(' or ');
  return after === '' ? `${clocks} ` : clocks;
}

function leastOf(numbers: readonly (number | undefined)[]): number | undefined {
  return numbers.reduce(
    (least, one) => (one !== undefined && (least === undefined || one < least) ? one : least),
    undefined,
  );
}

type What = Pick<Loss, 'change' | 'extent' | 'parts' | 'days' | 'date' | 'scope'>;

const nothing: What = {
  change: 'cancelled',
  extent: 'nothing',
  parts: [],
  days: undefined,
  date: undefined,
  scope: [],
};

function nothingFact(event: Event, resource: S3Resource, sentence: string): Fact {
  return fact(event, resource, nothing, sentence, []);
}

function fact(
  event: Event,
  resource: S3Resource,
  what: What,
  sentence: string,
  unknowns: readonly string[],
): Fact {
  const attempted = isAttempt(event);
  const loss: Loss = {
    kind: 'expiry',
    ...what,
    change: attempted ? 'unchanged' : what.change,
    attempted,
    resourceType: resource.type,
    resource: resource.arn,
    resourceName: resource.name,
  };
  return lossFact(loss, said(event, sentence), left(event, unknowns));
}
