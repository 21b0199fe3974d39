import { StoreError, type StoreProblem } from './error.ts';

interface Meaning {
  readonly problem: StoreProblem;
  readonly reason: string;
  readonly wayOut: string;
}

const unreachable: Meaning = {
  problem: 'unreachable',
  reason: 'the database does not answer, or the connection to it broke',
  wayOut:
    'check that PostgreSQL runs and can be reached from here; Tocsin tries again by itself, and trying twice is harmless',
};

const busy: Meaning = {
  problem: 'busy',
  reason: 'others have kept the database busy for too long',
  wayOut: 'try again; if it stays so, look at pg_stat_activity for what holds the lock',
};

const unfit: Meaning = {
  problem: 'unfit',
  reason: 'PostgreSQL cannot keep a value of this form or length',
  wayOut: 'reject the record that it came from; trying again will not help',
};

const noEntry: Meaning = {
  problem: 'failed',
  reason: 'the database does not let this user in',
  wayOut: 'check user, password and pg_hba.conf',
};

/** SQLSTATE codes, or the two signs of their class, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const meanings: Readonly<Record<string, Meaning>> = {
  '08': unreachable,
  '57P01': unreachable,
  '57P02': unreachable,
  '57P03': unreachable,
  '57P05': unreachable,
  '25P03': unreachable,
  '53300': { ...busy, reason: 'the database takes no more connections' },
  '55P03': busy,
  '57014': busy,
  '40001': busy,
  '40P01': busy,
  '53100': {
    problem: 'full',
    reason: 'there is no room left on the disk of the database',
    wayOut: 'make room there; nothing that was stored before is lost',
  },
  '25006': {
    problem: 'read-only',
    reason: 'the database takes no writes; it may be a replica',
    wayOut: 'point store.postgres.host to the primary',
  },
  '42501': {
    problem: 'read-only',
    reason: 'this user lacks a right there',
    wayOut: 'give the user all rights on the schema, or make it the owner',
  },
  '3D000': {
    problem: 'failed',
    reason: 'there is no such database',
    wayOut: 'make it (createdb), or correct store.postgres.database',
  },
  '28': noEntry,
  XX001: {
    problem: 'corrupt',
    reason: 'the database is damaged',
    wayOut: 'restore it from a backup',
  },
  '22': unfit,
  '54': unfit,
};

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);

/** Any error as a `StoreError`; one that is one already stays as it is. */
export function postgresProblem(error: unknown, subject: string, place: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const detail = error instanceof Error ? error.message : String(error);
  const { problem, reason, wayOut } = meaningOf(code, detail) ?? {
    problem: 'failed' as const,
    reason: 'an unexpected error',
    wayOut: 'please report it',
  };
  return new StoreError(
    problem,
    { subject, place, reason: `${reason} (${code === '' ? '' : `${code}: `}${detail})`, wayOut },
    { cause: error },
  );
}

function meaningOf(code: string, detail: string): Meaning | undefined {
  if (networkCodes.has(code)) return unreachable;
  // The client's own errors have no code.
  if (code === '' && /connection (is closed|terminated)|timeout|not queryable/i.test(detail))
    return unreachable;
  return meanings[code] ?? meanings[code.slice(0, 2)];
}
