import { callOf, failed, flagAt, numberAt, resourceOf, textAt, textsAt, unknownsOf } from '../call.ts';
import type { Call, Resource } from '../call.ts';
import type { Event } from '../../event/event.ts';
import type { Analyser, Fact } from '../fact.ts';
import { lossFact } from '../loss.ts';
import type { Loss } from '../loss.ts';
import { quote } from '../sentence.ts';

/** What a call destroys, and when. */
interface Ending {
  readonly change: 'done' | 'scheduled' | 'cancelled';
  readonly days?: number | undefined;
  readonly date?: string | undefined;
  /** The sentence where it is so. */
  readonly said: string;
  /** The same as what was tried. */
  readonly tried: string;
  readonly unknowns?: readonly string[];
}

interface LossCall {
  readonly type: string;
  readonly word: string;
  /** The names of what goes; each makes a fact. */
  readonly names: (call: Call) => readonly string[];
  readonly parts: readonly string[];
  readonly extent?: Loss['extent'];
  /** Undefined where the call destroys nothing. */
  readonly ending: (call: Call, resource: Resource) => Ending | undefined;
}

const keyUse = 'what it encrypts, and who still uses it: its Decrypt events of the last weeks would tell';
const secretUse = 'what still uses the secret: its GetSecretValue events of the last weeks would tell';

const one =
  (path: string) =>
  ({ request }: Call): readonly string[] => {
    const name = textAt(request, path);
    return name === undefined ? [] : [name];
  };

const key = { type: 'AWS::KMS::Key', word: 'KMS key', names: one('keyId') } as const;
const secret = {
  type: 'AWS::SecretsManager::Secret',
  word: 'secret',
  names: one('secretId'),
  parts: ['secret'],
} as const;
const parameter = { type: 'AWS::SSM::Parameter', word: 'parameter', parts: ['parameter'] } as const;

// Waiting times and defaults: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html,
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
const usualWait = 30;

const calls: Readonly<Record<string, LossCall>> = {
  'kms:ScheduleKeyDeletion': {
    ...key,
    parts: ['key'],
    ending: (call, { spoken }) => {
      const days =
        numberAt(call.request, 'pendingWindowInDays') ??
        numberAt(call.response, 'pendingWindowInDays') ??
        usualWait;
      return {
        change: 'scheduled',
        days,
        said: `${spoken} goes in ${days} days, and all that is encrypted under it with it, unless CancelKeyDeletion comes first; it cannot be used from now on`,
        tried: `have ${spoken} deleted in ${days} days`,
        unknowns: [keyUse],
      };
    },
  },
  'kms:CancelKeyDeletion': {
    ...key,
    parts: [],
    extent: 'nothing',
    ending: (_call, { spoken }) => ({
      change: 'cancelled',
      said: `${spoken} is not deleted after all; it stays switched off until EnableKey`,
      tried: `cancel the deletion of ${spoken}`,
    }),
  },
  'kms:DeleteImportedKeyMaterial': {
    ...key,
    parts: ['key-material'],
    ending: (_call, { spoken }) => ({
      change: 'done',
      said: `the material of ${spoken} is gone: what is encrypted under it cannot be read until somebody who kept a copy of the very same material imports it again`,
      tried: `delete the material of ${spoken}`,
      unknowns: ['who holds a copy of the material', keyUse],
    }),
  },
  'kms:ImportKeyMaterial': {
    ...key,
    parts: ['key-material'],
    ending: ({ request }, { spoken }) => {
      if (textAt(request, 'expirationModel') === 'KEY_MATERIAL_DOES_NOT_EXPIRE') return undefined;
      const date = textAt(request, 'validTo');
      if (date === undefined) return undefined;
      return {
        change: 'scheduled',
        date,
        said: `the material of ${spoken} now comes from outside and goes by itself on ${quote(date)}: from then on what is encrypted under it can be read by nobody but its holder`,
        tried: `give ${spoken} material from outside that goes by itself on ${quote(date)}`,
        unknowns: ['who holds a copy of the material'],
      };
    },
  },
  'secretsmanager:DeleteSecret': {
    ...secret,
    ending: ({ request }, { spoken }) => {
      if (flagAt(request, 'forceDeleteWithoutRecovery') === true) {
        return {
          change: 'done',
          said: `${spoken} is gone for good, without the usual time in which it can be restored`,
          tried: `delete ${spoken} for good`,
          unknowns: [secretUse],
        };
      }
      const days = numberAt(request, 'recoveryWindowInDays') ?? usualWait;
      return {
        change: 'scheduled',
        days,
        said: `${spoken} cannot be read any more and goes in ${days} days, unless RestoreSecret comes first`,
        tried: `have ${spoken} deleted in ${days} days`,
        unknowns: [secretUse],
      };
    },
  },
  'secretsmanager:RestoreSecret': {
    ...secret,
    parts: [],
    extent: 'nothing',
    ending: (_call, { spoken }) => ({
      change: 'cancelled',
      said: `${spoken} is not deleted after all`,
      tried: `restore ${spoken}`,
    }),
  },
  'ssm:DeleteParameter': { ...parameter, names: one('name'), ending: goneForGood },
  'ssm:DeleteParameters': {
    ...parameter,
    names: ({ request }) => textsAt(request, 'names'),
    ending: goneForGood,
  },
  'ecr:DeleteRepository': {
    type: 'AWS::ECR::Repository',
    word: 'container repository',
    names: one('repositoryName'),
    parts: ['images', 'container'],
    ending: goneForGood,
  },
  'ecr:BatchDeleteImage': {
    type: 'AWS::ECR::Repository',
    word: 'container repository',
    names: one('repositoryName'),
    parts: ['images'],
    extent: 'part',
    ending: (_call, { spoken }) => ({
      change: 'done',
      said: `images of ${spoken} are deleted`,
      tried: `delete images of ${spoken}`,
    }),
  },
};

function goneForGood(_call: Call, { spoken }: Resource): Ending {
  return { change: 'done', said: `${spoken} is gone for good`, tried: `delete ${spoken}` };
}

const byAction: ReadonlyMap<string, LossCall> = new Map(
  Object.entries(calls).map(([name, call]) => [name.replace(':', '.amazonaws.com:'), call]),
);

/** What is lost with keys, secrets, parameters and images, and when. Fields: loss.ts. */
export const keyLoss: Analyser = {
  name: 'key-loss',
  subjects: ['loss'],
  actions: [...byAction.keys()],
  analyse,
};

function analyse(event: Event): readonly Fact[] {
  const lossCall = byAction.get(`${event.service}:${event.action}`);
  if (lossCall === undefined) return [];
  const call = callOf(event);
  return lossCall.names(call).flatMap((name) => {
    const resource = resourceOf(event, lossCall.type, lossCall.word, name);
    const ending = lossCall.ending(call, resource);
    return ending === undefined ? [] : [factOf(call, lossCall, resource, ending)];
  });
}

function factOf(call: Call, lossCall: LossCall, resource: Resource, ending: Ending): Fact {
  const { attempted, event } = call;
  return lossFact(
    {
      kind: 'deletion',
      change: attempted ? 'unchanged' : ending.change,
      attempted,
      extent: lossCall.extent ?? 'whole',
      parts: lossCall.parts,
      days: ending.days,
      date: ending.date,
      scope: [],
      resourceType: resource.type,
      resource: resource.id,
      resourceName: resource.name,
    },
    attempted ? failed(event, ending.tried) : ending.said,
    unknownsOf(call, ending.unknowns ?? []),
  );
}
