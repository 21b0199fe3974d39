import type { Target } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { isJsonObject, list, member, object, text } from '../../event/json.ts';
import { isAccountId, parseArn, partitionOfRegion } from './arn.ts';
import type { Place } from './target-arns.ts';
import { arnOf, thingOf } from './target-arns.ts';
import { namingParameters, type NamingParameter } from './target-types.ts';

/** More than any alert can show; a call may name thousands of objects. */
const MOST_TARGETS = 50;

/**
 * The things that a call was about: what `resources` lists, then what request and answer name, each once and at most
 * fifty. An ARN is given only where the record states it or leaves nothing open about it.
 */
export function cloudTrailTargets(fields: JsonObject, action: string): readonly Target[] {
  const found: Target[] = [];
  for (const resource of list(fields, 'resources')) {
    if (found.length >= MOST_TARGETS) break;
    const target = statedTarget(resource);
    if (target !== undefined) add(found, target);
  }
  const naming = namingOf(text(fields, 'eventSource') ?? '');
  let place: Place | undefined;
  for (const part of parts) {
    const parameters = unwrapped(object(fields, part));
    if (parameters === undefined) continue;
    if (naming === ofS3) addAll(found, s3Targets(parameters, (place ??= placeOf(fields))));
    for (const step of stepsFor(naming, parameters)) {
      if (step.entity !== undefined) addEntity(found, parameters, step.entity);
      if (step.naming === undefined) continue;
      const { path, type, only } = step.naming;
      if (only !== undefined && !action.includes(only)) continue;
      const names: string[] = [];
      collect(parameters, path, 0, names);
      for (const name of names) add(found, namedTarget(name, type, (place ??= placeOf(fields))));
    }
  }
  return found;
}

const parts = ['requestParameters', 'responseElements'];

/** Looks at one member of a request or an answer: either by how the service names things, or as one that names anything anywhere. */
interface Step {
  /** Steps are taken in the order in which they are written down, whatever the order of the members. */
  readonly order: number;
  readonly naming?: NamingParameter | undefined;
  readonly entity?: Entity | undefined;
}

/** Tagging calls name anything by an ARN; answers describe what was made: `{"role": {"arn": ..., "roleName": ...}}`. */
interface Entity {
  readonly name: string;
  readonly isArn: boolean;
}

/** Steps by the name of the member that they look at. */
type Naming = ReadonlyMap<string, readonly Step[]>;

function compileNaming(namings: readonly NamingParameter[]): Naming {
  const all = [
    ...namings.map((naming) => ({ key: naming.path[0] ?? '', naming })),
    ...entities.map((entity) => ({ key: entity.name, entity })),
  ];
  const steps = new Map<string, Step[]>();
  for (const [order, { key, ...step }] of all.entries()) {
    const known = steps.get(key);
    if (known === undefined) steps.set(key, [{ order, ...step }]);
    else known.push({ order, ...step });
  }
  return steps;
}

/** What there is to look at in these parameters: of a long table mostly nothing, or one member. */
function stepsFor(naming: Naming, parameters: JsonObject): readonly Step[] {
  let steps: readonly Step[] = noSteps;
  let isSorted = true;
  for (const key of Object.keys(parameters)) {
    const more = naming.get(key);
    if (more === undefined) continue;
    isSorted = steps.length === 0;
    steps = isSorted ? more : [...steps, ...more];
  }
  return isSorted ? steps : steps.toSorted((a, b) => a.order - b.order);
}

const noSteps: readonly Step[] = [];

/** One entry of `resources`: `{accountId, type, ARN}`. `ARNPrefix` of a listing names no single thing. */
function statedTarget(resource: Json): Target | undefined {
  const arn = text(resource, 'ARN') ?? text(resource, 'arn');
  const type = text(resource, 'type');
  if (arn === undefined) return undefined;
  const target = targetOfArn(arn, type);
  const account = text(resource, 'accountId');
  return {
    ...target,
    type: type ?? target.type,
    account: account !== undefined && isAccountId(account) ? account : target.account,
  };
}

function targetOfArn(text: string, type: string | undefined): Target {
  const arn = parseArn(text);
  if (arn === undefined) return { type, name: text, arn: undefined, account: undefined };
  const thing = thingOf(arn);
  const account = isAccountId(arn.account) ? arn.account : undefined;
  return { type: thing.type ?? type, name: thing.name, arn: text, account };
}

function placeOf(fields: JsonObject): Place {
  const region = text(fields, 'awsRegion');
  const account = text(fields, 'recipientAccountId') ?? text(object(fields, 'userIdentity'), 'accountId');
  return {
    partition: partitionOfRegion(region ?? ''),
    // Anything else would let a forged region write the rest of an ARN.
    region: region !== undefined && /^[a-z0-9-]{1,40}$/.test(region) ? region : undefined,
    account: account !== undefined && isAccountId(account) ? account : undefined,
  };
}

/**
 * EC2's newer calls wrap everything in one object and begin names with a capital letter:
 * `{"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-1"}}}`.
 */
function unwrapped(parameters: JsonObject | undefined): JsonObject | undefined {
  if (parameters === undefined) return undefined;
  const keys = Object.keys(parameters);
  const key = keys[0];
  if (key === undefined || keys.length > 1 || !/^[A-Z].*(?:Request|Response)$/.test(key)) return parameters;
  const inner = object(parameters, key);
  if (inner === undefined) return parameters;
  return Object.fromEntries(
    Object.keys(inner).map((name) => [name.charAt(0).toLowerCase() + name.slice(1), inner[name]]),
  );
}

function s3Targets(parameters: JsonObject, place: Place): readonly Target[] {
  const bucket = text(parameters, 'bucketName');
  if (bucket === undefined) return [];
  // Access points are named by their ARN in the same member.
  const stated = parseArn(bucket) !== undefined;
  const arn = stated ? bucket : `arn:${place.partition}:s3:::${bucket}`;
  const bucketTarget: Target = stated
    ? targetOfArn(bucket, undefined)
    : { type: 'AWS::S3::Bucket', name: bucket, arn, account: undefined };
  const key = text(parameters, 'key');
  if (key === undefined) return [bucketTarget];
  const object: Target = {
    type: 'AWS::S3::Object',
    name: `${bucketTarget.name}/${key}`,
    arn: stated ? undefined : `${arn}/${key}`,
    account: undefined,
  };
  return [object, bucketTarget];
}

function namedTarget(name: string, type: string, place: Place): Target {
  if (parseArn(name) !== undefined) return targetOfArn(name, type);
  if (type === 'AWS::SQS::Queue') return queueTarget(name, place);
  const actual = actualType(name, type);
  const plain = actual === 'AWS::Route53::HostedZone' ? name.replace(/^\/hostedzone\//, '') : name;
  const arn = actual === undefined ? undefined : arnOf(actual, plain, place);
  const account = arn === undefined ? undefined : parseArn(arn)?.account;
  return { type: actual, name: plain, arn, account: account === '' ? undefined : account };
}

/** Some members take things of several types and tell them apart by the form of the name. */
function actualType(name: string, type: string): string | undefined {
  if (type === 'AWS::KMS::Key' && name.startsWith('alias/')) return 'AWS::KMS::Alias';
  // Systems Manager also reaches machines outside EC2 (`mi-`) and containers (`ecs:`).
  if (type === 'AWS::EC2::Instance' && /^(?:mi-|ecs:)/.test(name)) return undefined;
  return type;
}

/** `https://sqs.eu-west-1.amazonaws.com/111122223333/jobs` */
function queueTarget(url: string, place: Place): Target {
  const type = 'AWS::SQS::Queue';
  const [, region, account, name] =
    /^https:\/\/sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/(\d{12})\/([^/]+)$/.exec(url) ?? [];
  if (name === undefined) return { type, name: url, arn: arnOf(type, url, place), account: undefined };
  return { type, name, arn: arnOf(type, name, { partition: place.partition, region, account }), account };
}

function addEntity(found: Target[], parameters: JsonObject, { name, isArn }: Entity): void {
  addStated(found, isArn ? text(parameters, name) : text(object(parameters, name), 'arn'));
}

function addStated(found: Target[], arn: string | undefined): void {
  if (arn !== undefined && parseArn(arn) !== undefined) add(found, targetOfArn(arn, undefined));
}

const entities: readonly Entity[] = [
  ...['resourceARN', 'resourceArn'].map((name) => ({ name, isArn: true })),
  ...[
    'cluster',
    'group',
    'keyMetadata',
    'policy',
    'repository',
    'resolverQueryLogConfig',
    'role',
    'user',
  ].map((name) => ({ name, isArn: false })),
];

const serviceEnds = ['', '.amazonaws.com', '.amazonaws.com.cn'];

const anyNaming = compileNaming([]);
const ofS3 = compileNaming(namingParameters.get('s3') ?? []);

/** By `eventSource`: nearly all services have an end behind what names them. */
const namings: ReadonlyMap<string, Naming> = new Map(
  [
    ...[...namingParameters].map(([service, all]) => [service, compileNaming(all)] as const),
    ['s3', ofS3] as const,
  ].flatMap(([service, naming]) => serviceEnds.map((end) => [`${service}${end}`, naming] as const)),
);

function namingOf(source: string): Naming {
  return namings.get(source) ?? anyNaming;
}

/** Gathers the names at the end of a path, through lists and EC2's `{"tag": 1, "content": name}`. Goes no deeper than path and one list a step. */
function collect(value: Json | undefined, path: readonly string[], depth: number, names: string[]): void {
  if (names.length >= MOST_TARGETS) return;
  if (isList(value)) {
    for (const item of value) {
      // Lists of lists are no form that AWS writes, and an attacker's could be nested without end.
      if (!isList(item)) collect(item, path, depth, names);
      if (names.length >= MOST_TARGETS) return;
    }
    return;
  }
  const key = path[depth];
  if (key !== undefined) {
    if (isJsonObject(value)) collect(member(value, key), path, depth + 1, names);
    return;
  }
  const name = isJsonObject(value) ? text(value, 'content') : value;
  if (typeof name === 'string' && name !== '' && !masked.test(name)) names.push(name);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** What CloudTrail and those who publish its records put in place of a value. */
const masked = /^(?:HIDDEN_DUE_TO_SECURITY_REASONS|<sensitiveDataRemoved>|\*+)$/;

function addAll(found: Target[], targets: readonly Target[]): void {
  for (const target of targets) add(found, target);
}

/** Adds a target, or lends what it knows to one that is already there. */
function add(found: Target[], target: Target): void {
  let index = 0;
  for (const known of found) {
    if (isSame(known, target)) break;
    index++;
  }
  const known = found[index];
  if (known !== undefined) {
    found[index] = {
      type: known.type ?? target.type,
      name: known.name,
      arn: known.arn ?? target.arn,
      account: known.account ?? target.account,
    };
  } else if (found.length < MOST_TARGETS) {
    found.push(target);
  }
}

function isSame(one: Target, other: Target): boolean {
  if (one.arn !== undefined && other.arn !== undefined) return one.arn === other.arn;
  return (
    one.name === other.name && (one.type === undefined || other.type === undefined || one.type === other.type)
  );
}
