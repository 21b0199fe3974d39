import { isJsonObject, list, member, text, type Json } from '../event/json.ts';
import { reasonOf, tooLong, wholeOf, type Fetched, type FetchLimits } from './fetch-list.ts';
import { get } from './get-public.ts';
import type { KeptList } from './kept-list.ts';

/** A collection of a TAXII 2.1 server. */
export interface TaxiiCollection {
  /** `https://taxii.example/api/collections/<id>/` */
  readonly url: string;
  readonly authorization: string | undefined;
  /** Objects that were added earlier are not asked for the first time, in milliseconds since the epoch. */
  readonly since: number;
}

const mostPages = 1_000;
/** https://docs.oasis-open.org/cti/taxii/v2.1/os/taxii-v2.1-os.html#_Toc31107497 */
const mediaType = 'application/taxii+json;version=2.1';

/**
 * Fetches what was added to a collection since the last time, page by page, and gives it together with what was there before, as
 * the objects of one bundle: of several versions of one only the latest. How far it came is kept as if it were an `etag`. Redirects are not
 * followed, because credentials travel along. Never rejects.
 * https://docs.oasis-open.org/cti/taxii/v2.1/os/taxii-v2.1-os.html#_Toc31107538
 */
export async function fetchCollection(
  { url, authorization, since }: TaxiiCollection,
  kept: KeptList | undefined,
  { timeoutMs, mostBytes }: FetchLimits,
): Promise<Fetched> {
  const signal = AbortSignal.timeout(timeoutMs);
  const start = kept?.validators.etag;
  const objects = new Map<string, Json>();
  for (const object of start === undefined ? [] : objectsIn(kept?.bytes)) keep(objects, object);
  const after = start ?? new Date(since).toISOString();
  let last = after;
  let next: string | undefined;
  let bytes = 0;
  let isNew = start === undefined;
  try {
    for (let page = 1; ; page += 1) {
      if (page > mostPages) return failed(`has more than ${mostPages} pages`);
      const at = new URL(`${url.replace(/\/+$/, '')}/objects/`);
      at.searchParams.set('added_after', after);
      at.searchParams.set('match[type]', 'indicator');
      if (next !== undefined) at.searchParams.set('next', next);
      const response = await get(at, {
        headers: {
          accept: mediaType,
          'user-agent': 'Tocsin',
          ...(authorization !== undefined && { authorization }),
        },
        signal,
        onlyPublic: false,
      });
      const { statusCode: status = 0, headers } = response;
      if (status !== 200) {
        response.destroy();
        return failed(statusWords(status));
      }
      const body = await wholeOf(response, mostBytes - bytes);
      if (body === undefined) return failed(tooLong(mostBytes));
      bytes += body.length;
      const envelope = parsed(body);
      if (!isJsonObject(envelope)) return failed('answered something that is no envelope of TAXII 2.1');
      const found = list(envelope, 'objects');
      for (const object of found) isNew = keep(objects, object) || isNew;
      const added = headers['x-taxii-date-added-last'];
      if (typeof added === 'string' && Date.parse(added) > Date.parse(last)) last = added;
      const following = text(envelope, 'next');
      if (member(envelope, 'more') !== true || following === undefined || following === next) break;
      next = following;
    }
  } catch (error) {
    if (signal.aborted) return failed(`no whole answer within ${timeoutMs} ms`);
    return failed(reasonOf(error));
  }
  if (!isNew && last === after) return { type: 'unchanged' };
  const bundle = Buffer.from(JSON.stringify({ type: 'bundle', objects: [...objects.values()] }));
  if (bundle.length > mostBytes) return failed(tooLong(mostBytes));
  return { type: 'new', bytes: bundle, validators: { etag: last } };
}

/** Whether it is new, or newer than what was there. */
function keep(objects: Map<string, Json>, object: Json): boolean {
  const id = text(object, 'id');
  if (id === undefined || text(object, 'type') !== 'indicator') return false;
  const before = objects.get(id);
  if (before !== undefined && (text(object, 'modified') ?? '') <= (text(before, 'modified') ?? ''))
    return false;
  objects.set(id, object);
  return true;
}

function objectsIn(bytes: Uint8Array | undefined): readonly Json[] {
  return bytes === undefined ? [] : list(parsed(bytes), 'objects');
}

function parsed(bytes: Uint8Array): Json {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Json;
  } catch {
    return null;
  }
}

function statusWords(status: number): string {
  if (status === 401 || status === 403) return `HTTP ${status}: it wants another authorization`;
  if (status === 406) return 'HTTP 406: it does not speak TAXII 2.1';
  return status >= 300 && status < 400
    ? `HTTP ${status}: it redirects, which is not followed`
    : `HTTP ${status}`;
}

function failed(reason: string): Fetched {
  return { type: 'failed', reason };
}
