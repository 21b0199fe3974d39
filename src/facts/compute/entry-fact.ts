import type { Fact } from '../fact.ts';
import type { FieldName } from '../field-name.ts';
import type { Whose } from '../whose.ts';

/** Ways into a machine, a database or running code. */
export const entryKinds = [
  // Machines.
  'command',
  'scheduled-command',
  'session',
  'tunnel',
  'ssh-key',
  'serial-console',
  'start-script',
  'disk',
  'key-pair',
  'password',
  'screen',
  'role',
  // Code.
  'function-code',
  'function-layer',
  'function-settings',
  'function-trigger',
  'container-command',
  'privileged-container',
  'build',
  'job',
  'notebook',
  'template',
  // Databases and clusters.
  'master-password',
  'database-login',
  'data-api',
  'cluster-access',
] as const;

export type EntryKind = (typeof entryKinds)[number];

/** A way into a machine, a database or running code that a call took or made. */
export interface Entry {
  readonly kind: EntryKind;
  /** `taken`: the caller is in, or his code runs; `made`: the way is there from now on; `unchanged`: the call failed. */
  readonly change: 'taken' | 'made' | 'unchanged' | 'unknown';
  readonly attempted: boolean;
  readonly resourceType: string;
  readonly resource: string;
  readonly resourceName: string;
  /** How many machines it goes to, where the request names them. */
  readonly count: number | undefined;
  /** What is run or put in: a document, a layer, a script's or template's place. */
  readonly what: readonly string[];
  /** Whose that is, where its name tells. */
  readonly whose: Whose | undefined;
  /** The outside accounts that it belongs to. */
  readonly accounts: readonly string[];
  /** The role or login with which it runs. */
  readonly as: string | undefined;
  /** What makes it worse, as words that rules can ask for: `privileged`, `host-network`, `every-machine`, `port-forwarding`. */
  readonly traits: readonly string[];
}

/** What rules see under `tocsin.entry`. Held by a test to what is produced. */
export const entryFieldNames: readonly FieldName[] = [
  {
    name: 'entry.kind',
    description: `the way in: ${entryKinds.slice(0, -1).join(', ')} or ${entryKinds.at(-1) ?? ''}`,
  },
  {
    name: 'entry.change',
    description:
      'taken (the caller is in, or its code runs), made (the way is there from now on), unchanged (the call failed) or unknown',
  },
  { name: 'entry.attempted', description: 'true where the call failed' },
  { name: 'entry.resource_type', description: 'such as AWS::EC2::Instance or AWS::Lambda::Function' },
  { name: 'entry.resource', description: 'ARN or name of what it leads into' },
  { name: 'entry.resource_name', description: 'what people call it' },
  { name: 'entry.count', description: 'how many machines it goes to, where the request names them' },
  {
    name: 'entry.what',
    description: 'what is run or put in: a document, a layer, the place of a script or template',
  },
  {
    name: 'entry.whose',
    description:
      'whose that is: own-account, known-account, external-account or unknown; absent where nothing tells',
  },
  { name: 'entry.accounts', description: 'the outside accounts that it belongs to' },
  { name: 'entry.as', description: 'the role or login with which it runs' },
  {
    name: 'entry.traits',
    description:
      'what makes it worse: privileged, host-network, host-process, host-files, container-engine, every-machine, port-forwarding, environment, runtime, role, handler, admin, monitor-only, override, unknown-place, public-network',
  },
];

/** An entry as a fact with its sentence. */
export function entryFact(entry: Entry, explanation: string, unknowns: readonly string[]): Fact {
  const { count, whose, as } = entry;
  return {
    subject: 'entry',
    explanation,
    unknowns,
    fields: {
      kind: entry.kind,
      change: entry.change,
      attempted: entry.attempted,
      resource_type: entry.resourceType,
      resource: entry.resource,
      resource_name: entry.resourceName,
      ...(count === undefined ? {} : { count }),
      what: entry.what,
      ...(whose === undefined ? {} : { whose }),
      accounts: entry.accounts,
      ...(as === undefined ? {} : { as }),
      traits: entry.traits,
    },
  };
}
