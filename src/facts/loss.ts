import type { Fact } from './fact.ts';
import type { FieldName } from './field-name.ts';

/** What a change destroys, at once or by a clock that it starts. */
export interface Loss {
  readonly kind: 'expiry' | 'deletion';
  /** `done`: gone; `scheduled`: will go by itself; `cancelled`: nothing goes by itself any more; `unchanged`: the call failed. */
  readonly change: 'done' | 'scheduled' | 'cancelled' | 'unchanged' | 'unknown';
  readonly attempted: boolean;
  /** `whole`: everything in the resource; `part`: what `scope` says; `nothing`: no data. */
  readonly extent: 'whole' | 'part' | 'nothing';
  /** What is left to bring it back from; undefined where that is no question. */
  readonly wayBack?: 'none' | 'kept' | 'unknown' | undefined;
  /**
   * What goes: `current`, `old-versions`, `delete-markers`, `unfinished-uploads`, `container`; `key`, `key-material`, `secret`,
   * `parameter`, `images`; of databases and machines `data`, `backups`, `machine`, `settings`.
   */
  readonly parts: readonly string[];
  /** The fewest days until something of it goes; undefined where there is no such number. */
  readonly days: number | undefined;
  /** The day at which it goes, as the request has it. */
  readonly date: string | undefined;
  /** Prefixes, tags and sizes that it is confined to. */
  readonly scope: readonly string[];
  readonly resourceType: string;
  readonly resource: string;
  readonly resourceName: string;
}

/** What rules see under `tocsin.loss`. Held by a test to what is produced. */
export const lossFieldNames: readonly FieldName[] = [
  { name: 'loss.kind', description: 'expiry (by a lifecycle rule) or deletion' },
  {
    name: 'loss.change',
    description:
      'done, scheduled (it goes by itself from now on), cancelled, unchanged (the call failed) or unknown',
  },
  { name: 'loss.attempted', description: 'true where the call failed' },
  { name: 'loss.extent', description: 'whole (all of the resource), part (see scope) or nothing' },
  {
    name: 'loss.parts',
    description:
      'what goes: current, old-versions, delete-markers, unfinished-uploads, container, key, key-material, secret, parameter, images; of databases and machines data, backups, machine, settings',
  },
  { name: 'loss.days', description: 'the fewest days until something of it goes, where the request says' },
  { name: 'loss.date', description: 'the day at which it goes, where the request names one' },
  { name: 'loss.scope', description: 'what it is confined to: prefixes, tags, sizes' },
  {
    name: 'loss.way_back',
    description:
      'what is left to bring it back from: none, kept (a last snapshot or a time to recover) or unknown',
  },
  { name: 'loss.resource_type', description: 'such as AWS::S3::Bucket' },
  { name: 'loss.resource', description: 'ARN of what loses something' },
  { name: 'loss.resource_name', description: 'what people call it' },
];

/** A loss as a fact with its sentence. */
export function lossFact(loss: Loss, explanation: string, unknowns: readonly string[]): Fact {
  const { days, date } = loss;
  return {
    subject: 'loss',
    explanation,
    unknowns,
    fields: {
      kind: loss.kind,
      change: loss.change,
      attempted: loss.attempted,
      extent: loss.extent,
      parts: loss.parts,
      ...(days === undefined ? {} : { days }),
      ...(date === undefined ? {} : { date }),
      scope: loss.scope,
      ...(loss.wayBack === undefined ? {} : { way_back: loss.wayBack }),
      resource_type: loss.resourceType,
      resource: loss.resource,
      resource_name: loss.resourceName,
    },
  };
}
