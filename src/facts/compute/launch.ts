import type { Event } from '../../event/event.ts';
import { isJsonObject, isList } from '../../event/json.ts';
import type { Json } from '../../event/json.ts';
import {
  at,
  callOf,
  failed,
  firstText,
  flagAt,
  membersAt,
  numberAt,
  textAt,
  textsAt,
  unknownsOf,
} from '../call.ts';
import type { Call } from '../call.ts';
import type { Analyser, Fact } from '../fact.ts';
import { listed, quote } from '../sentence.ts';
import { instanceTypeOf } from './instance-type.ts';
import { launchFact } from './launch-fact.ts';
import type { Launch } from './launch-fact.ts';
import { launchCalls } from './launch-table.ts';
import type { LaunchCall } from './launch-table.ts';

/** How much of a request is searched for instance types: more than AWS takes in one. */
const deepest = 8;
const mostMembers = 3000;

const byAction: ReadonlyMap<string, LaunchCall> = new Map(
  launchCalls.map((one) => [`${one.service}.amazonaws.com:${one.action}`, one]),
);

/** What computing power a call asks for: how many machines, how large, with what in them. Fields: launch-fact.ts. */
export const launch: Analyser = {
  name: 'launch',
  subjects: ['launch'],
  actions: [...byAction.keys()],
  analyse,
};

function analyse(event: Event): readonly Fact[] {
  const one = byAction.get(`${event.service}:${event.action}`);
  if (one === undefined) return [];
  const call = callOf(event);
  const types = typesOf(call, one);
  const count = countOf(call, one);
  if (one.onlyWithType === true && types.length === 0) return [];
  // A change of a service or group that leaves the number alone starts nothing.
  if (types.length === 0 && count === undefined && /^(?:Update|Modify)/.test(event.action)) return [];
  const known = types.map(instanceTypeOf).filter((type) => type !== undefined);
  const smallest = known.length === 0 ? undefined : Math.min(...known.map(({ processors }) => processors));
  const answer: Launch = {
    kind: one.kind,
    change: call.attempted ? 'unchanged' : event.outcome.result === 'unknown' ? 'unknown' : 'done',
    attempted: call.attempted,
    refused: refusalOf(call),
    types,
    accelerated: known.some(({ accelerated }) => accelerated),
    large: known.some(({ large }) => large),
    count,
    processors: smallest === undefined || smallest === 0 ? undefined : smallest * (count ?? 1),
    ...circumstancesOf(call),
    resources: resourcesOf(call),
  };
  return [launchFact(answer, sentenceOf(call, one, answer), unknownsOf(call, []))];
}

/** The instance types that a request names anywhere, and those of the answer where it leaves them to a template. */
function typesOf(call: Call, one: LaunchCall): readonly string[] {
  const named = collected(call.request);
  if (named.length > 0) return named;
  const answered = one.kind === 'instances' ? collected(call.response) : [];
  if (answered.length > 0) return answered;
  const bundle = firstText(call.request, ['bundleId']);
  return bundle === undefined ? [] : [bundle];
}

const typeNames: ReadonlySet<string> = new Set([
  'ec2instancetype',
  'instancetype',
  'instancetypes',
  'masterinstancetype',
  'slaveinstancetype',
]);

/** Texts under the names of instance types, wherever they stand. A request of any depth and size is read in bounded time. */
function collected(from: Json | undefined): readonly string[] {
  const found = new Set<string>();
  let left = mostMembers;
  const visit = (value: Json | undefined, depth: number, isType: boolean): void => {
    if (left <= 0 || depth > deepest) return;
    left -= 1;
    if (typeof value === 'string') {
      if (isType && found.size < 20 && value !== '') found.add(value);
    } else if (isList(value)) {
      for (const item of value) {
        if (left <= 0) return;
        visit(item, depth + 1, isType);
      }
    } else if (isJsonObject(value)) {
      for (const key in value) {
        if (left <= 0) return;
        const inner = isType && (key === 'content' || key === 'value' || key === 'items');
        visit(value[key], depth + 1, inner || typeNames.has(key.toLowerCase()));
      }
    }
  };
  visit(from, 0, false);
  return [...found];
}

function countOf(call: Call, { count = [] }: LaunchCall): number | undefined {
  for (const path of count) {
    const number = numberAt(call.request, path);
    if (number !== undefined) return number;
    const dot = path.lastIndexOf('.');
    const sum = dot < 0 ? undefined : sumOf(call, path.slice(0, dot), path.slice(dot + 1));
    if (sum !== undefined) return sum;
    if (isList(at(call.request, path))) return membersAt(call.request, path).length;
  }
  return undefined;
}

function sumOf(call: Call, path: string, name: string): number | undefined {
  const numbers = membersAt(call.request, path).map((item) => numberAt(item, name));
  return numbers.some((number) => number !== undefined)
    ? numbers.reduce<number>((sum, number) => sum + (number ?? 0), 0)
    : undefined;
}

type Circumstances = Pick<Launch, 'spot' | 'startScript' | 'publicAddress' | 'metadata' | 'image' | 'role'>;

/** What else the request gives them; launch templates have it one level further in. */
function circumstancesOf({ request, event }: Call): Circumstances {
  const inner = at(request, 'launchTemplateData') ?? at(request, 'launchSpecification') ?? request;
  const tokens = textAt(inner, 'metadataOptions.httpTokens');
  const market = textAt(inner, 'instanceMarketOptions.marketType');
  const interfaces = membersAt(inner, 'networkInterfaceSet');
  return {
    spot: market === 'spot' || event.action.includes('Spot') || textAt(inner, 'spotPrice') !== undefined,
    startScript: at(inner, 'userData') !== undefined && at(inner, 'userData') !== '',
    publicAddress:
      flagAt(inner, 'associatePublicIpAddress') === true ||
      interfaces.some((item) => flagAt(item, 'associatePublicIpAddress') === true),
    metadata: tokens === 'required' ? 'v2-only' : tokens === 'optional' ? 'v1-allowed' : 'unknown',
    image:
      firstText(inner, ['imageId']) ??
      membersAt(inner, 'instancesSet').map((item) => textAt(item, 'imageId'))[0],
    role: firstText(inner, [
      'iamInstanceProfile.arn',
      'iamInstanceProfile.name',
      'iamInstanceProfile',
      'roleArn',
      'taskRoleArn',
    ]),
  };
}

function resourcesOf(call: Call): readonly string[] {
  const instances = membersAt(call.response, 'instancesSet').map((item) => textAt(item, 'instanceId'));
  const ids = instances.filter((id) => id !== undefined);
  if (ids.length > 0) return ids;
  const paths = [
    'instanceId',
    'instanceNames',
    'autoScalingGroupName',
    'nodegroupName',
    'serviceName',
    'clusterName',
    'launchTemplateName',
  ];
  return paths.flatMap((path) => textsAt(call.request, path)).slice(0, 20);
}

const refusals: readonly (readonly [RegExp, NonNullable<Launch['refused']>])[] = [
  [/LimitExceeded|QuotaExceeded|MaxSpotInstanceCount|ResourceLimit/i, 'quota'],
  [/PendingVerification|OptInRequired|AccountVerification|Blocked/i, 'verification'],
  [/InsufficientInstanceCapacity|InsufficientHostCapacity|InsufficientCapacity/i, 'capacity'],
];

function refusalOf({ event, attempted }: Call): Launch['refused'] {
  if (!attempted) return undefined;
  if (event.outcome.denied) return 'rights';
  const code = event.outcome.code ?? '';
  return refusals.find(([pattern]) => pattern.test(code))?.[1] ?? 'other';
}

function sentenceOf(call: Call, one: LaunchCall, launched: Launch): string {
  const { kind, count, types } = launched;
  const what =
    kind === 'resize'
      ? `a change of ${quote(textAt(call.request, 'instanceId') ?? '')}`
      : counted(one.word, count);
  const ofType =
    types.length === 0 ? '' : ` ${kind === 'resize' ? 'to' : 'of'} type ${listed(types.map(quote))}`;
  const traits = [
    ...(launched.accelerated ? ['with accelerators'] : []),
    ...(launched.large ? ['very large'] : []),
    ...(launched.spot ? ['at spot price'] : []),
    ...(launched.startScript ? ['with a start script'] : []),
    ...(launched.publicAddress ? ['with a public address'] : []),
    ...(launched.metadata === 'v1-allowed' ? ['that answer by IMDSv1'] : []),
  ];
  const where = call.event.region === undefined ? '' : ` in ${quote(call.event.region)}`;
  const asked = `${what}${ofType}${where}${traits.length === 0 ? '' : ` (${traits.join(', ')})`}`;
  return call.attempted ? failed(call.event, `get ${asked}`) : `the caller asked for ${asked}`;
}

function counted(word: string, count: number | undefined): string {
  if (count === undefined) return /^[aeiou]/i.test(word) ? `an ${word}` : `a ${word}`;
  return count === 1
    ? `1 ${word}`
    : `${count} ${word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`}`;
}
