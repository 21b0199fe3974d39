import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import { BadCursorError } from '../store/store.ts';

/** Seconds after which a client may try again when the store could not be used, or the server stops. */
export const retryAfter = 5;

/** Answers a request with something else than what was asked for; `detail` says what is wrong and the way out. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Record<string, string | string[]>;

  constructor(
    status: number,
    detail: string,
    more: {
      readonly members?: Readonly<Record<string, unknown>>;
      readonly headers?: Record<string, string | string[]>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: more.cause });
    this.status = status;
    this.members = more.members ?? {};
    this.headers = more.headers ?? {};
  }
}

/** RFC 9457 problem details; https://www.rfc-editor.org/rfc/rfc9457 */
const problemSchema = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().describe('The name of the HTTP status.'),
    status: z.int(),
    detail: z.string().describe('What is wrong, and the way out.'),
    parameter: z.string().optional().describe('The query parameter that is wrong.'),
  })
  .describe('Problem details as in RFC 9457.');

/** The same body for every error, in the order that people read. */
export function problemBody(problem: HttpProblem): string {
  return JSON.stringify({
    type: 'about:blank',
    title: statusName(problem.status),
    status: problem.status,
    detail: problem.message,
    ...problem.members,
  });
}

export function statusName(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}

/**
 * Does something with the store, and turns what can go wrong there into what a client can act on.
 *
 * @throws {HttpProblem} 400 for a cursor of somebody else, what `work` itself threw of them, 503 for all other trouble
 */
export async function fromStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // What was found wrong with the request on the way to the store stays what it is.
    if (error instanceof HttpProblem) throw error;
    if (error instanceof BadCursorError) {
      throw new HttpProblem(
        400,
        `Query parameter 'cursor' did not come from this server; take it from 'next' of the page before, or leave it out to start with the newest.`,
        { members: { parameter: 'cursor' } },
      );
    }
    throw unavailable('The store could not be used', error);
  }
}

export function unavailable(what: string, cause: unknown): HttpProblem {
  return new HttpProblem(
    503,
    `${what}; the server's log says why. Try again in ${retryAfter} seconds: sending the same again is safe.`,
    { headers: { 'retry-after': String(retryAfter) }, cause },
  );
}

/** Turns whatever a handler or the framework threw into a problem that gives nothing away. */
export function problemFrom(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  const failure = frameworkFailure(error);
  if (failure.issue !== undefined) {
    return new HttpProblem(
      400,
      `${failure.isBody ? 'Member' : 'Query parameter'} ${failure.issue.sentence}`,
      {
        members: { parameter: failure.issue.parameter },
      },
    );
  }
  if (failure.status >= 400 && failure.status < 500) {
    return new HttpProblem(failure.status, failure.message, { cause: error });
  }
  if (failure.status === 503) return unavailable('The server is stopping', error);
  return new HttpProblem(500, `The server failed to answer this; its log says why.`, { cause: error });
}

interface FrameworkFailure {
  readonly status: number;
  readonly message: string;
  /** Whether it is about the body and not about the query. */
  readonly isBody: boolean;
  readonly issue: { readonly parameter: string; readonly sentence: string } | undefined;
}

function frameworkFailure(error: unknown): FrameworkFailure {
  if (!(error instanceof Error)) return { status: 500, message: '', isBody: false, issue: undefined };
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  const first: unknown =
    'validation' in error && Array.isArray(error.validation) ? error.validation[0] : undefined;
  return {
    status,
    message: sentence(error.message),
    isBody: 'validationContext' in error && error.validationContext === 'body',
    issue: first === undefined ? undefined : issue(first),
  };
}

const issueShape = z.object({ instancePath: z.string(), message: z.string(), params: z.unknown() });
const unknownKeys = z.object({ keys: z.array(z.string()).nonempty() });

function issue(found: unknown): FrameworkFailure['issue'] {
  const { instancePath, message, params } = issueShape.parse(found);
  const extra = unknownKeys.safeParse(params);
  if (extra.success) {
    const parameter = extra.data.keys[0] ?? '';
    return { parameter, sentence: `'${parameter}' is not known here; /openapi.json lists those that are.` };
  }
  const parameter = instancePath.slice(1);
  return { parameter, sentence: `'${parameter}': ${sentence(message)}` };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The error answers of a route, for its OpenAPI description. */
export function problems(descriptions: Readonly<Record<number, string>>) {
  return Object.fromEntries(
    Object.entries(descriptions).map(([status, description]) => [
      status,
      { description, content: { 'application/problem+json': { schema: problemSchema } } },
    ]),
  );
}
