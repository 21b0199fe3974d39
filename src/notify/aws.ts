import * as z from 'zod';
import type { Answer, Means } from './channel.ts';
import { networkReason, readStatus, redactUrl } from './send.ts';
import { checkAddress } from './settings.ts';

/** What the channels that speak through the AWS SDK have in common: their settings, their clients, and how to read what they throw. */

export const awsSettings = {
  region: z
    .string()
    .regex(/^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/, 'is no region of AWS, such as eu-west-1')
    .optional()
    .describe(
      'Region of AWS. Without it the one in the name of what is written to, or what the environment of the process says (`AWS_REGION`).',
    ),
  endpoint: z
    .string()
    .superRefine(checkAddress)
    .optional()
    .describe(
      'Address of the API in place of that of AWS: a VPC endpoint or a stand-in. `AWS_ENDPOINT_URL` does the same for all.',
    ),
};

/**
 * Settings of every client. The outbox tries again, so the SDK must not: its attempts would multiply with those. Credentials come by
 * the usual chain of the SDK: environment, profile, container, instance.
 */
export function clientSettings(
  { region, endpoint }: { readonly region?: string | undefined; readonly endpoint?: string | undefined },
  arnRegion?: string,
): {
  readonly maxAttempts: 1;
  readonly region?: string;
  readonly endpoint?: string;
  readonly requestHandler: { readonly connectionTimeout: number };
} {
  const where = region ?? arnRegion;
  return {
    maxAttempts: 1,
    ...(where === undefined ? {} : { region: where }),
    ...(endpoint === undefined ? {} : { endpoint }),
    requestHandler: { connectionTimeout: 5_000 },
  };
}

/** The fourth part of an ARN, which is its region; undefined where that is empty. */
export function regionOf(arn: string): string | undefined {
  const region = arn.split(':')[3] ?? '';
  return region === '' ? undefined : region;
}

/** Runs one call. What it throws becomes an answer; `service` names the receiver in reasons. */
export async function awsAnswer(
  service: string,
  endpoint: string | undefined,
  means: Means,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const host = endpoint === undefined ? undefined : URL.parse(endpoint)?.hostname;
  const refusal = host === undefined ? undefined : means.refusal(host);
  if (refusal !== undefined) return { type: 'closed', reason: `${redactUrl(endpoint ?? '')}: ${refusal}` };
  try {
    return await call();
  } catch (error) {
    if (means.signal.aborted)
      return { type: 'later', reason: `${service}: no answer within ${means.timeoutMs} ms` };
    return awsFailure(service, error, means.timeoutMs);
  }
}

/** By the name and the status of the error alone: its message can quote what was sent. */
function awsFailure(service: string, error: unknown, timeoutMs: number): Answer {
  const name = nameOf(error);
  const status = statusOf(error);
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return {
      type: 'closed',
      reason: `${service}: no credentials of AWS; give the process a role, a profile or keys`,
    };
  if (/region is missing/i.test(error instanceof Error ? error.message : ''))
    return { type: 'closed', reason: `${service}: no region; set \`region\` or AWS_REGION` };
  if (name !== undefined && status !== undefined) {
    const says = `${service} says ${name}`;
    if (
      /throttl|toomanyrequests|requestlimit|slowdown|limitexceeded|kmsThrottling/i.test(name) ||
      status === 429
    )
      return { type: 'later', reason: says };
    if (/timeout|internal|unavailable/i.test(name) || status >= 500) return { type: 'later', reason: says };
    if (closedNames.test(name) || status === 401 || status === 403 || status === 404)
      return {
        type: 'closed',
        reason: `${says}; check the name and region of what is written to, and the rights`,
      };
    return { type: 'refused', reason: `${says}: this message is not taken` };
  }
  // An answer of something that is not AWS, such as the page of a proxy.
  if (status !== undefined)
    return readStatus({ status, headers: new Headers(), body: '', retryAfterMs: undefined });
  return { type: 'later', reason: `${service}: ${networkReason(error, timeoutMs)}` };
}

const closedNames =
  /accessdenied|authorization|unauthorized|forbidden|notauthorized|unrecognizedclient|expiredtoken|invalidclienttoken|invalidaccess|invalidaccesskey|signature|security|notfound|nosuch|doesnotexist|nonexistent|disabled|kms|optin|mailfromdomain|sendingpaused|notverified|messagerejected|accountsuspended|redirect/i;

function nameOf(error: unknown): string | undefined {
  return error instanceof Error && /^[A-Z][A-Za-z0-9.]{2,80}$/.test(error.name) && error.name !== 'Error'
    ? error.name
    : undefined;
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const { $metadata: meta } = error;
  return typeof meta === 'object' &&
    meta !== null &&
    'httpStatusCode' in meta &&
    typeof meta.httpStatusCode === 'number'
    ? meta.httpStatusCode
    : undefined;
}

/** Runs once, when it is first asked for; again where it failed. */
export function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
