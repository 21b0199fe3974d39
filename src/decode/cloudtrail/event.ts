import type { Actor, Client, Event, EventKind, Outcome, Target } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { member, object, text } from '../../event/json.ts';
import type { Provenance } from '../../event/record.ts';
import { cloudTrailActor } from './actor.ts';
import { isAccountId } from './arn.ts';
import { cloudTrailClient } from './client.ts';
import { contentId } from './identity.ts';
import { cloudTrailKind, isInsight } from './kind.ts';
import { cloudTrailOutcome } from './outcome.ts';
import { cloudTrailTargets } from './targets.ts';
import { parseTime } from './time.ts';

/**
 * Whether a JSON object is a CloudTrail record, whole or damaged: three members that only such records have together
 * are enough, so that a record with a wrong member is refused by name instead of as an unknown format.
 * Notifications of S3 and the streams that Lambda reads (`eventSource` `aws:s3`, `aws:kinesis` ...) look alike and
 * are none.
 */
export function isCloudTrail(fields: JsonObject): boolean {
  const { eventSource, eventName, eventVersion } = fields;
  if (typeof eventSource === 'string') {
    if (eventSource.startsWith('aws:')) return false;
    if (typeof eventName === 'string' && eventVersion !== undefined) return true;
  }
  let found = 0;
  for (const name of marks) {
    if (Object.hasOwn(fields, name)) found += 1;
  }
  return found >= 3;
}

const marks = [
  'awsRegion',
  'eventID',
  'eventName',
  'eventSource',
  'eventTime',
  'eventType',
  'eventVersion',
  'insightDetails',
  'recipientAccountId',
  'userIdentity',
];

/**
 * Makes an event of a CloudTrail record, or says which member is missing or wrong and what was expected.
 * Logstash moves the time to `@timestamp`; that counts only where there is no `eventTime`.
 * `fields` is kept, not copied: nobody may change it afterwards. Never throws, whatever the members hold.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function cloudTrailEvent(fields: JsonObject, provenance: Provenance): Event | { problem: string } {
  // Read once and directly: no object inherits these names, and the checked access of `text` takes twice as long.
  const { eventName, eventSource, eventTime } = fields;
  const action = isName(eventName) ? eventName : insight(fields, 'eventName', 'insightEventName');
  if (action === undefined) return { problem: wrong(fields, 'eventName', 'a name such as PutBucketPolicy') };
  const service = isName(eventSource) ? eventSource : insight(fields, 'eventSource', 'insightEventSource');
  if (service === undefined) {
    return { problem: wrong(fields, 'eventSource', 'a service such as s3.amazonaws.com') };
  }
  const time = readTime(isAbsent(eventTime) ? member(fields, '@timestamp') : eventTime);
  if (time === undefined) return { problem: timeProblem(fields) };
  return new CloudTrailEvent(fields, provenance, time, service, action);
}

/** An Insight event names what it is about in `insightDetails`; CloudTrail Lake flattens that. */
function insight(fields: JsonObject, key: string, flatKey: string): string | undefined {
  return isInsight(fields)
    ? (text(object(fields, 'insightDetails'), key) ?? text(fields, flatKey))
    : undefined;
}

function isName(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

function readTime(value: Json | undefined): number | undefined {
  return typeof value === 'string' ? parseTime(value) : undefined;
}

function timeProblem(fields: JsonObject): string {
  const expected = 'a time such as 2026-03-01T09:30:00Z';
  if (!isAbsent(member(fields, 'eventTime'))) return wrong(fields, 'eventTime', expected);
  if (isAbsent(member(fields, '@timestamp'))) {
    return `eventTime is missing, and there is no @timestamp to stand in for it; expected ${expected}`;
  }
  return `eventTime is missing, and ${wrong(fields, '@timestamp', expected)}`;
}

function wrong(fields: JsonObject, name: string, expected: string): string {
  return `${name} is ${describe(member(fields, name))}; expected ${expected}`;
}

function isAbsent(value: Json | undefined): boolean {
  return value === undefined || value === null;
}

/** Says what a value is. Shows only the beginning of it, and only plain ASCII: the sentence goes to terminals and logs. */
function describe(value: Json | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (typeof value === 'string') {
    const start = value.slice(0, 40).replace(/[^ -~]/g, '?');
    return `the string ${JSON.stringify(start)}${value.length > 40 ? ' ...' : ''}`;
  }
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
  return `the ${typeof value} ${String(value)}`;
}

/**
 * A CloudTrail record as an event. A class, because this object is made millions of times: getters on the prototype
 * cost nothing until they are read, while a plain object would need a closure per member or the work done at once.
 * Most rules look at service, action and a few raw fields only.
 *
 * The getters don't survive `{...event}`, `structuredClone` or JSON.stringify; pass the event itself.
 */
class CloudTrailEvent implements Event {
  readonly fields: JsonObject;
  readonly provenance: Provenance;
  readonly time: number;
  readonly service: string;
  readonly action: string;
  private knownId: string | undefined = undefined;
  private knownActor: Actor | undefined = undefined;
  private knownOutcome: Outcome | undefined = undefined;
  private knownClient: Client | undefined = undefined;
  private knownTargets: readonly Target[] | undefined = undefined;

  constructor(fields: JsonObject, provenance: Provenance, time: number, service: string, action: string) {
    this.fields = fields;
    this.provenance = provenance;
    this.time = time;
    this.service = service;
    this.action = action;
  }

  get kind(): EventKind {
    return cloudTrailKind(this.fields);
  }

  get id(): string {
    return (this.knownId ??= idOf(this.fields, this.provenance));
  }

  get account(): string | undefined {
    return accountOf(this.fields);
  }

  get region(): string | undefined {
    return text(this.fields, 'awsRegion');
  }

  get actor(): Actor {
    return (this.knownActor ??= cloudTrailActor(this.fields));
  }

  get outcome(): Outcome {
    return (this.knownOutcome ??= cloudTrailOutcome(this.fields));
  }

  get client(): Client {
    return (this.knownClient ??= cloudTrailClient(this.fields));
  }

  get targets(): readonly Target[] {
    return (this.knownTargets ??= cloudTrailTargets(this.fields, this.action));
  }
}

/** AWS's ids have 36 characters. One far longer comes from elsewhere and is no key to put into a database. */
function idOf(fields: JsonObject, provenance: Provenance): string {
  const id = text(fields, 'eventID');
  return id !== undefined && id.length <= 200 ? id : contentId(fields, provenance);
}

/** The account whose trail holds the record: that of the thing acted on, which need not be the actor's. */
function accountOf(fields: JsonObject): string | undefined {
  const recipient = text(fields, 'recipientAccountId');
  if (recipient !== undefined) return recipient;
  // S3 says ANONYMOUS_PRINCIPAL here for callers without credentials.
  const account = text(object(fields, 'userIdentity'), 'accountId');
  return account !== undefined && isAccountId(account) ? account : undefined;
}
