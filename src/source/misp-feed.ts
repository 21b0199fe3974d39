import { isJsonObject, list, member, object, text, type Json, type JsonObject } from '../event/json.ts';
import { fetchList, tooLong, type Fetched, type FetchLimits } from './fetch-list.ts';
import type { KeptList } from './kept-list.ts';

/** A feed of MISP: a `manifest.json`, and beside it a file for each event that it names. */
export interface MispFeed {
  /** That of the manifest. */
  readonly url: string;
  readonly authorization: string | undefined;
  /** Events that were last changed earlier are left out, in milliseconds since the epoch. */
  readonly since: number;
}

/** Whether a URL is that of such a manifest. */
export function isMispManifest(url: string): boolean {
  return URL.parse(url)?.pathname.endsWith('/manifest.json') === true;
}

/** Of one manifest, the newest. */
const mostEvents = 20_000;
const mostObjects = 20_000;
/** How many files are asked for at once: they come from one server, often a small one. */
const atOnce = 4;

/**
 * Fetches the manifest of a feed, and of the events that it names those that are new or have changed since. They join what was there before, and what
 * the manifest does not name any more is gone: the list is always what an answer of MISP's search would be. What did not come in the time there
 * is (or was not there) is told, and comes at the next look: until then the manifest counts as changed. Redirects and credentials as in `fetchList`. Never rejects.
 * https://www.circl.lu/doc/misp/managing-feeds/
 */
export async function fetchMispFeed(
  { url, authorization, since }: MispFeed,
  kept: KeptList | undefined,
  limits: FetchLimits,
): Promise<Fetched> {
  const deadline = performance.now() + limits.timeoutMs;
  const fetched = await fetchList(url, kept?.validators ?? {}, limits, authorization);
  if (fetched.type !== 'new') return fetched;
  const manifest = parsed(fetched.bytes);
  if (!isJsonObject(manifest)) return failed('is no manifest of a MISP feed');
  const wanted = wantedOf(manifest, since);
  const before = eventsIn(kept?.bytes);
  const events = new Map<string, JsonObject>();
  const missing: [uuid: string, timestamp: string][] = [];
  for (const [uuid, timestamp] of wanted) {
    const known = before.get(uuid);
    if (known !== undefined) events.set(uuid, known);
    if (known === undefined || text(known, 'timestamp') !== timestamp) missing.push([uuid, timestamp]);
  }
  const named = events.size;
  let bytes = 0;
  let came = 0;
  /** Why the first did not come that did not. */
  let problem: string | undefined;

  async function fetchOthers(queue: Iterator<[string, string], undefined>): Promise<void> {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      const [uuid, timestamp] = next.value;
      const timeoutMs = Math.floor(deadline - performance.now());
      const mostBytes = limits.mostBytes - bytes;
      if (timeoutMs <= 0 || mostBytes <= 0) {
        problem ??=
          timeoutMs <= 0 ? `no whole answer within ${limits.timeoutMs} ms` : tooLong(limits.mostBytes);
        return;
      }
      const answer = await fetchList(
        new URL(`${uuid}.json`, url).href,
        {},
        { timeoutMs, mostBytes },
        authorization,
      );
      const event = answer.type === 'new' ? object(parsed(answer.bytes), 'Event') : undefined;
      if (answer.type === 'new') bytes += answer.bytes.length;
      if (event === undefined) {
        problem ??= `${uuid}.json: ${answer.type === 'failed' ? answer.reason : 'is no event of MISP'}`;
      } else {
        came += 1;
        events.set(uuid, shortened(event, uuid, timestamp));
      }
    }
  }
  // One iterator for all: each takes the next.
  const queue = missing[Symbol.iterator]();
  await Promise.all(Array.from({ length: atOnce }, () => fetchOthers(queue)));

  if (events.size === 0 && problem !== undefined) return failed(problem);
  const lost = missing.length - came;
  const told = problem && `${lost} of ${wanted.length} events did not come: ${problem}`;
  if (came === 0 && kept !== undefined && named === before.size) return { type: 'unchanged', missing: told };
  const response = [...events.values()].map((Event) => ({ Event }));
  const all = Buffer.from(JSON.stringify({ response }));
  if (all.length > limits.mostBytes) return failed(tooLong(limits.mostBytes));
  const validators = problem === undefined ? fetched.validators : {};
  return { type: 'new', bytes: all, validators, missing: told };
}

/** The events of a manifest with the time of their last change as it is written there, the newest first. */
function wantedOf(manifest: JsonObject, since: number): readonly (readonly [string, string])[] {
  return (
    Object.entries(manifest)
      // It becomes part of an address.
      .filter(([uuid]) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid))
      .map(([uuid, entry]) => {
        const timestamp = member(entry, 'timestamp');
        return [uuid, typeof timestamp === 'string' ? timestamp : String(Number(timestamp))] as const;
      })
      .filter(([, timestamp]) => !(Number(timestamp) * 1000 < since))
      .toSorted(([, a], [, b]) => Number(b) - Number(a))
      .slice(0, mostEvents)
  );
}

/** What is read of an event: what it is about, and the attributes that are marked for detection. */
function shortened(event: JsonObject, uuid: string, timestamp: string): JsonObject {
  const groups = [event, ...list(event, 'Object').slice(0, mostObjects)];
  const attributes = groups
    .flatMap((group) => list(group, 'Attribute'))
    .filter((attribute) => member(attribute, 'to_ids') === true && member(attribute, 'deleted') !== true)
    .map((attribute) => ({
      type: text(attribute, 'type') ?? '',
      value: text(attribute, 'value') ?? '',
      category: text(attribute, 'category') ?? '',
      to_ids: true,
    }));
  return { uuid, timestamp, info: text(event, 'info') ?? '', Attribute: attributes };
}

function eventsIn(bytes: Uint8Array | undefined): ReadonlyMap<string, JsonObject> {
  const answers = bytes === undefined ? [] : list(parsed(bytes), 'response');
  return new Map(
    answers.flatMap((answer) => {
      const event = object(answer, 'Event');
      const uuid = text(event, 'uuid');
      return event === undefined || uuid === undefined ? [] : [[uuid, event] as const];
    }),
  );
}

function parsed(bytes: Uint8Array): Json {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Json;
  } catch {
    return null;
  }
}

function failed(reason: string): Fetched {
  return { type: 'failed', reason };
}
