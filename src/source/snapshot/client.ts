import type { ClientOptions } from './look.ts';

/** AWS slows down who asks fast; the SDK waits and asks again, so often. */
const attempts = 8;

/** Settings of every client: the usual AWS credentials, patience with throttling, none with dead connections. */
export function clientSettings({ region, profile }: ClientOptions) {
  return {
    region,
    ...(profile === undefined ? {} : { profile }),
    maxAttempts: attempts,
    retryMode: 'adaptive',
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
  };
}

/** What a command's name must begin with to be let through. */
const reading = /^(?:Describe|List|Get|Head)[A-Z]/;

/**
 * A middleware for every client: no call that could write goes out, whatever the code above it does.
 * @throws {TypeError} by way of the call, on a command that does not read
 */
export function onlyReads<Args, Result>(
  next: (args: Args) => Promise<Result>,
  { commandName = '' }: { readonly commandName?: string },
): (args: Args) => Promise<Result> {
  return async (args) => {
    if (!reading.test(commandName))
      throw new TypeError(`${commandName || 'a call without a name'} is refused: a snapshot only reads`);
    return next(args);
  };
}

/** Where in a client the middleware stands: before anything is signed or sent. */
export const first = { step: 'initialize', name: 'onlyReads' } as const;

/** The address that stands in for a service's own, if any: AWS_ENDPOINT_URL and its like. */
export function standIn(variable: string): string | undefined {
  return process.env[variable] ?? process.env['AWS_ENDPOINT_URL'];
}
