import type { Status } from '../../alert/alert-life.ts';
import { severities, type Severity } from '../../event/severity.ts';
import { StoreError } from '../error.ts';
import { numberOf, numeral, packText, textOf, unpackText, type Item } from './item.ts';
import { alone, type Key } from './keys.ts';

export type HeadNumber =
  | `alerts.${Severity}`
  | 'alerts.excepted'
  /** The last number that was given to a stored alert. */
  | 'alerts.sequence'
  | 'rejections'
  | 'rejections.bytes'
  | 'rejections.dropped'
  | 'rejections.sequence'
  | 'assets.revision'
  | 'blocks.sequence'
  | 'audit.sequence'
  | 'history.sequence'
  | 'suppressions.sequence'
  | `status.${Exclude<Status, 'open'>}`
  /** The number of the leader, which rises with each. */
  | 'leader';

const names: readonly HeadNumber[] = [
  ...severities.map((severity) => `alerts.${severity}` as const),
  'alerts.excepted',
  'alerts.sequence',
  'rejections',
  'rejections.bytes',
  'rejections.dropped',
  'rejections.sequence',
  'assets.revision',
  'blocks.sequence',
  'audit.sequence',
  'history.sequence',
  'suppressions.sequence',
  'status.acknowledged',
  'status.in-progress',
  'status.resolved',
  'status.false-positive',
  'leader',
];

/**
 * The item that every change but those of deliveries goes through: it is written only as the successor of the version that the change was
 * decided from, so that changes follow one another, and carries the running totals.
 */
export interface Head {
  readonly version: number;
  /** Id of the change that wrote it. */
  readonly by: string;
  readonly numbers: Readonly<Record<HeadNumber, number>>;
  /** A change that has been decided, and of which steps are still to be written: nothing else may begin before. */
  readonly pending: Pending | undefined;
}

export interface Pending {
  readonly id: string;
  /** The next of its steps, from 0. */
  readonly step: number;
  readonly steps: number;
}

export const headKey: Key = { pk: 'HEAD', sk: alone };

/** The form of everything in the table. */
const schemaVersion = 1;

export const firstHead: Head = {
  version: 1,
  by: '',
  numbers: Object.fromEntries(names.map((name) => [name, 0])) as Record<HeadNumber, number>,
  pending: undefined,
};

export function headItem({ version, by, numbers, pending }: Head): Item {
  return {
    pk: { S: headKey.pk },
    sk: { S: headKey.sk },
    program: { S: 'tocsin' },
    form: numeral(schemaVersion),
    v: numeral(version),
    by: { S: by },
    b: { B: packText(JSON.stringify(numbers)) },
    ...(pending && {
      pending: { S: pending.id },
      step: numeral(pending.step),
      steps: numeral(pending.steps),
    }),
  };
}

/** @throws {StoreError} where it is not Tocsin's, or of another version, or cannot be read */
export function readHead(item: Item | undefined, place: string): Head {
  if (item === undefined || textOf(item, 'program') !== 'tocsin')
    throw new StoreError('foreign', {
      subject: 'store',
      place,
      reason: 'the table is not, or no longer, a store of Tocsin, and has been left as it is',
      wayOut: 'choose another table for the store, or restore this one from a backup',
    });
  const form = numberOf(item, 'form') ?? 0;
  if (form > schemaVersion)
    throw new StoreError('newer', {
      subject: 'store',
      place,
      reason: `it has been written by a newer Tocsin (store version ${form}; this one knows up to ${schemaVersion})`,
      wayOut: 'run that version of Tocsin or a later one, or choose another table',
    });
  const id = textOf(item, 'pending');
  return {
    version: numberOf(item, 'v') ?? 0,
    by: textOf(item, 'by') ?? '',
    numbers: { ...firstHead.numbers, ...readNumbers(item, place) },
    pending:
      id === undefined
        ? undefined
        : { id, step: numberOf(item, 'step') ?? 0, steps: numberOf(item, 'steps') ?? 0 },
  };
}

function readNumbers(item: Item, place: string): Partial<Record<HeadNumber, number>> {
  try {
    const value: unknown = JSON.parse(unpackText(item['b']?.B ?? new Uint8Array()));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        names.flatMap((name) => {
          const number: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
          return typeof number === 'number' ? [[name, number]] : [];
        }),
      );
  } catch {
    // Told below.
  }
  throw new StoreError('corrupt', {
    subject: 'the running totals',
    place,
    reason: 'what is stored cannot be read any more',
    wayOut: 'restore the table from a backup',
  });
}
