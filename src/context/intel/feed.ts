import type { Json } from '../../event/json.ts';
import { isJsonObject, isList, list, member, object } from '../../event/json.ts';
import { readCsvFeed, type CsvShape } from './csv-feed.ts';
import { indicatorSet, openIndicators, type IndicatorSet, type PackedIndicators } from './indicator-set.ts';
import type { IndicatorSink } from './indicator.ts';
import { readMisp } from './misp.ts';
import { readStix } from './stix.ts';

export const feedFormats = ['stix', 'misp', 'csv'] as const;

export type FeedFormat = (typeof feedFormats)[number];

export interface FeedShape extends CsvShape {
  /** Told by its content, where left out. */
  readonly format?: FeedFormat | undefined;
  /** Whether it may name nothing, as a collection may of which everything was revoked. */
  readonly mayBeEmpty?: boolean | undefined;
}

/** What a feed says. */
export interface FeedContents {
  readonly format: FeedFormat;
  readonly set: IndicatorSet;
  /** What it names and no event is held against: other kinds of things, patterns of several, what is over the limit. */
  readonly leftOut: number;
}

/** Of one feed. */
const mostIndicators = 500_000;

interface Refused {
  readonly type: 'refused';
  /** One clause. */
  readonly reason: string;
}

export type FeedRead = { readonly type: 'read'; readonly contents: FeedContents } | Refused;

/** The same as plain data. */
export type PackedFeed =
  (Omit<FeedContents, 'set'> & { readonly type: 'read'; readonly indicators: PackedIndicators }) | Refused;

/** Reads a feed, or says in one clause why it is none. Time and memory grow with the bytes alone. */
export function readFeed(bytes: Uint8Array, shape: FeedShape): FeedRead {
  return openFeed(packFeed(bytes, shape));
}

export function openFeed(packed: PackedFeed): FeedRead {
  if (packed.type === 'refused') return packed;
  const { format, leftOut, indicators } = packed;
  return { type: 'read', contents: { format, leftOut, set: openIndicators(indicators) } };
}

/** As `readFeed`, for a thread that hands it to another. */
export function packFeed(bytes: Uint8Array, shape: FeedShape): PackedFeed {
  const set = indicatorSet();
  let leftOut = 0;
  const sink: IndicatorSink = {
    add: (indicator) => {
      if (set.size() < mostIndicators) set.add(indicator);
      else leftOut += 1;
      return leftOut < mostIndicators;
    },
    leaveOut: () => {
      leftOut += 1;
    },
  };
  const first = Buffer.from(bytes.subarray(0, 256))
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart();
  const isJson = shape.format === undefined ? /^[{[]/.test(first) : shape.format !== 'csv';
  let format: FeedFormat = 'csv';
  let problem: string | undefined;
  if (isJson) {
    let root: Json;
    try {
      root = JSON.parse(new TextDecoder().decode(bytes)) as Json;
    } catch {
      return { type: 'refused', reason: 'is no whole JSON' };
    }
    format = shape.format === 'misp' || shape.format === 'stix' ? shape.format : formatOf(root);
    if (format === 'misp') readMisp(root, sink);
    else readStix(root, sink);
  } else problem = readCsvFeed(bytes, shape, sink);
  if (problem !== undefined) return { type: 'refused', reason: problem };
  if (set.size() === 0 && shape.mayBeEmpty !== true)
    return {
      type: 'refused',
      reason:
        leftOut > 0
          ? `names nothing that events can be held against (${leftOut} left out)`
          : `has no indicators as ${format}`,
    };
  return { type: 'read', format, leftOut, indicators: set.pack() };
}

/** MISP writes its events in members with a capital letter. */
function formatOf(root: Json): FeedFormat {
  const first = isList(root) ? root[0] : root;
  if (!isJsonObject(first)) return 'stix';
  const [answer] = list(first, 'response');
  const inner = object(first, 'response') ?? (isJsonObject(answer) ? answer : undefined);
  const isMisp = [first, inner].some(
    (value) =>
      value !== undefined &&
      (member(value, 'Event') !== undefined || member(value, 'Attribute') !== undefined),
  );
  return isMisp ? 'misp' : 'stix';
}
