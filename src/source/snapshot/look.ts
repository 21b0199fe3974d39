import type { WholeList } from '../../facts/assets/snapshot/gone.ts';
import type { Place, Sighting } from '../../facts/assets/sighting.ts';
import type { Json } from '../../event/json.ts';

/** What every client is made with. */
export interface ClientOptions {
  readonly region: string;
  readonly profile?: string | undefined;
}

/** Something that could not be read. All of it is AWS's own words or names from the account: hostile until made safe. */
export interface Trouble {
  readonly service: string;
  readonly region: string | undefined;
  /** The permission that the call needs, which is also what it asked for: `s3:GetBucketPolicy`. */
  readonly permission: string;
  /** What it was asked of, where it is one of several. */
  readonly of: string | undefined;
  readonly isDenied: boolean;
  readonly reason: string;
}

/** One look at a service of an account, in one region or, where it has none, everywhere. */
export interface Look {
  readonly service: string;
  readonly place: Place;
  readonly account: string;
  readonly client: ClientOptions;
  /** Only buckets of these regions, where some were chosen. */
  readonly only: ReadonlySet<string> | undefined;
  /** The time to give to what the next call shows. */
  readonly now: () => number;
  readonly show: (sightings: readonly Sighting[], time: number) => void;
  readonly whole: (list: Omit<WholeList, 'account'>) => void;
  readonly trouble: (trouble: Trouble) => void;
}

export type Reader = (look: Look) => Promise<void>;

export interface Question {
  /** The permission that the call needs. */
  readonly permission: string;
  readonly of?: string;
  /** In which region it is asked, where that is another one than the look's. */
  readonly region?: string;
  /** Names of the errors by which AWS says that there is none. */
  readonly none?: readonly string[];
}

/** The answer as plain JSON; null where there is none; undefined where it could not be had, which is told. */
export async function ask(
  look: Look,
  question: Question,
  call: () => Promise<unknown>,
): Promise<Json | undefined> {
  const { permission, of, region, none = [] } = question;
  try {
    return plain(await call());
  } catch (error) {
    const { name, message, status } = errorWords(error);
    if (none.includes(name)) return null;
    look.trouble({
      service: look.service,
      region: region ?? look.place.region,
      permission,
      of,
      isDenied: isDenied(name, status),
      reason: message === '' ? name : `${name}: ${message}`,
    });
    return undefined;
  }
}

/** All pages of a list; undefined where one of them could not be had, for then the list says nothing of what is missing in it. */
export async function askAll(
  look: Look,
  question: Question,
  pages: () => AsyncIterable<unknown>,
): Promise<readonly Json[] | undefined> {
  const all: Json[] = [];
  const answer = await ask(look, question, async () => {
    for await (const page of pages()) all.push(plain(page));
    return true;
  });
  return answer === true ? all : undefined;
}

/** Dates become texts, and what is undefined goes. */
function plain(answer: unknown): Json {
  return JSON.parse(JSON.stringify(answer ?? null)) as Json;
}

function errorWords(error: unknown): {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
} {
  if (!(error instanceof Error)) return { name: String(error), message: '', status: undefined };
  const metadata =
    '$metadata' in error ? (error.$metadata as { readonly httpStatusCode?: number }) : undefined;
  return { name: error.name, message: error.message, status: metadata?.httpStatusCode };
}

function isDenied(name: string, status: number | undefined): boolean {
  return (
    /^(?:AccessDenied|AccessDeniedException|UnauthorizedOperation|Client\.UnauthorizedOperation|NotAuthorized|AuthorizationError|Forbidden)$/.test(
      name,
    ) ||
    (status === 403 &&
      !/^(?:ExpiredToken|InvalidClientTokenId|AuthFailure|OptInRequired|SignatureDoesNotMatch|UnrecognizedClient)/.test(
        name,
      ))
  );
}

/** Works on all of them, so many at a time. */
export async function inParallel<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
}
