import { StoreError, type StoreProblem } from '../error.ts';

interface Meaning {
  readonly problem: StoreProblem;
  readonly reason: string;
  readonly wayOut: string;
}

const busy: Meaning = {
  problem: 'busy',
  reason: 'DynamoDB takes no more requests for now',
  wayOut:
    'Tocsin tries again by itself; if it stays so, raise the capacity of the table or let it be billed on demand',
};

const unreachable: Meaning = {
  problem: 'unreachable',
  reason: 'DynamoDB does not answer, or the connection to it broke',
  wayOut:
    'check the network, the region and the endpoint; Tocsin tries again by itself, and trying twice is harmless',
};

const noEntry: Meaning = {
  problem: 'failed',
  reason: 'AWS does not accept the credentials',
  wayOut: 'check the credentials that the AWS SDK finds, and the clock of this machine',
};

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const meanings: Readonly<Record<string, Meaning>> = {
  ProvisionedThroughputExceededException: busy,
  ThrottlingException: busy,
  RequestLimitExceeded: busy,
  LimitExceededException: busy,
  TransactionConflictException: { ...busy, reason: 'others keep writing the same items' },
  TransactionInProgressException: busy,
  InternalServerError: unreachable,
  ServiceUnavailable: unreachable,
  TimeoutError: unreachable,
  NetworkingError: unreachable,
  AccessDeniedException: {
    problem: 'read-only',
    reason: 'a right on the table is missing',
    wayOut: 'give it the policy that docs/stores.md shows',
  },
  ResourceNotFoundException: {
    problem: 'failed',
    reason: 'there is no such table',
    wayOut: 'make it, or correct store.dynamodb',
  },
  UnrecognizedClientException: noEntry,
  InvalidSignatureException: noEntry,
  IncompleteSignatureException: noEntry,
  MissingAuthenticationTokenException: noEntry,
  ExpiredTokenException: noEntry,
  CredentialsProviderError: noEntry,
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
]);

/** Any error as a `StoreError`; one that is one already stays as it is, and so does a mistake of the caller. */
export function dynamoProblem(error: unknown, subject: string, place: string): Error {
  if (error instanceof StoreError || error instanceof RangeError) return error;
  const name = error instanceof Error ? error.name : '';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const detail = error instanceof Error ? error.message : String(error);
  const { problem, reason, wayOut } = (networkCodes.has(code) ? unreachable : meaningOf(name, detail)) ?? {
    problem: 'failed' as const,
    reason: 'an unexpected error',
    wayOut: 'please report it',
  };
  return new StoreError(
    problem,
    { subject, place, reason: `${reason} (${name}: ${detail.slice(0, 500)})`, wayOut },
    { cause: error },
  );
}

function meaningOf(name: string, detail: string): Meaning | undefined {
  if (name === 'ValidationException' && /size.*exceeded/i.test(detail))
    return {
      problem: 'unfit',
      reason: 'DynamoDB cannot keep a value of this length',
      wayOut: 'reject the record that it came from; trying again will not help',
    };
  // The connection broke before the answer was whole.
  if (/socket hang up|premature close|aborted|unexpected end/i.test(detail)) return unreachable;
  return meanings[name];
}

/** Whether the same request may well come through a moment later. */
export function passes(name: string): boolean {
  return meanings[name]?.problem === 'busy';
}
