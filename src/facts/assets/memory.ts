import type { Event } from '../../event/event.ts';
import { isJsonObject, isList, type Json } from '../../event/json.ts';
import { textBytes } from '../../event/text-bytes.ts';
import { momentOf, seen, type Asset, type Moment } from './asset.ts';
import { merged } from './merge.ts';
import { pointsAt, type Sighting } from './sighting.ts';

/** What is remembered of one asset, to be stored or taken out. */
export interface AssetChange {
  readonly key: string;
  /** Undefined where it is forgotten. */
  readonly asset: Asset | undefined;
}

export interface AssetLimits {
  readonly assets: number;
  /** Of memory, about: what is remembered as JSON, in one byte for each character or two where one of them needs more, and what finds it. */
  readonly bytes: number;
  /** Whether changes are held until somebody asks for them, which takes memory of its own; true where it is left out. */
  readonly tells?: boolean;
}

export interface AssetCounters {
  readonly assets: number;
  readonly bytes: number;
  /** Assets that were forgotten to make room, those first that were not heard of for longest. */
  readonly evicted: number;
}

/** What is known of assets from events so far. It has no clock; a late event adds to what is known and never replaces newer knowledge. */
export interface AssetMemory {
  readonly get: (type: string, id: string) => Asset | undefined;
  /** DNS records that point at a name or address, or have at some time not long ago. */
  readonly pointingAt: (name: string) => readonly Asset[];
  /** Takes what an event says; after the event has been judged by what was known before. */
  readonly observe: (event: Event, sightings: readonly Sighting[]) => void;
  /** Takes what a look at the account says. */
  readonly learn: (sightings: readonly Sighting[], moment: Moment) => void;
  /** Takes what an earlier memory, or another one, knows; what this one knows beside it stays. */
  readonly load: (assets: Iterable<Asset>) => void;
  readonly forget: (key: string) => void;
  /** The oldest event time that was taken: what came before is not known. Undefined where nothing was. */
  readonly since: () => number | undefined;
  /** What has changed since this was last called. */
  readonly changes: () => readonly AssetChange[];
  /** Takes changes back that could not be stored, so that they are among the next ones, as they are by then. */
  readonly untold: (changes: readonly AssetChange[]) => void;
  readonly isChanged: () => boolean;
  readonly counters: () => AssetCounters;
  readonly all: () => Iterable<Asset>;
}

const assetDefaults: AssetLimits = { assets: 500_000, bytes: 256 * 1024 * 1024 };

/** A key's and a map's own cost, about. */
const overhead = 200;
/** The same for a name that a DNS record points at. */
const pointerOverhead = 400;

/** What an asset is filed under. */
export function assetKey({ type, id }: Pick<Asset, 'type' | 'id'>): string {
  return `${type} ${id}`;
}

/** Makes a memory. Assets lie in it as JSON text, which takes a third of the memory of objects; hardly any is looked at twice in a minute. */
export function createAssetMemory(limits: AssetLimits = assetDefaults): AssetMemory {
  const { tells = true } = limits;
  /** Those not heard of for longest first. */
  const texts = new Map<string, string>();
  const pointers = new Map<string, Set<string>>();
  let changed = new Set<string>();
  let bytes = 0;
  let evicted = 0;
  let oldest: number | undefined;

  function read(key: string): Asset | undefined {
    const text = texts.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as Asset);
  }

  function tell(key: string): void {
    if (tells) changed.add(key);
  }

  function drop(key: string, asset: Asset | undefined): void {
    const text = texts.get(key);
    if (text === undefined) return;
    texts.delete(key);
    bytes -= bytesOf(key, text);
    for (const name of targetsOf(asset)) {
      bytes -= pointerOverhead + textBytes(name);
      const keys = pointers.get(name);
      keys?.delete(key);
      if (keys?.size === 0) pointers.delete(name);
    }
  }

  function write(key: string, was: Asset | undefined, asset: Asset): void {
    drop(key, was);
    const text = JSON.stringify(asset);
    texts.set(key, text);
    bytes += bytesOf(key, text);
    for (const name of targetsOf(asset)) {
      bytes += pointerOverhead + textBytes(name);
      const keys = pointers.get(name);
      if (keys === undefined) pointers.set(name, new Set([key]));
      else keys.add(key);
    }
    while ((texts.size > limits.assets || bytes > limits.bytes) && texts.size > 1) evict();
  }

  function evict(): void {
    const [key] = texts.keys();
    if (key === undefined) return;
    drop(key, read(key));
    tell(key);
    evicted++;
  }

  function learn(sightings: readonly Sighting[], moment: Moment): void {
    for (const sighting of sightings) {
      const key = assetKey(sighting);
      const was = read(key);
      const asset = seen(was, sighting, moment);
      write(key, was, asset);
      tell(key);
    }
  }

  return {
    get: (type, id) => read(assetKey({ type, id })),
    pointingAt: (name) => [...(pointers.get(name) ?? [])].flatMap((key) => read(key) ?? []),
    observe: (event, sightings) => {
      oldest = Math.min(oldest ?? event.time, event.time);
      learn(sightings, momentOf(event));
    },
    learn,
    load: (assets) => {
      for (const asset of assets) {
        const key = assetKey(asset);
        const was = read(key);
        const both = was === undefined ? asset : merged(was, asset);
        write(key, was, both);
        // What only this memory knows has to be told again, for it is not where the asset comes from.
        if (was !== undefined && JSON.stringify(both) !== JSON.stringify(merged(asset, asset))) tell(key);
        if (asset.history.length > 0) oldest = Math.min(oldest ?? asset.firstSeen, asset.firstSeen);
      }
    },
    forget: (key) => {
      drop(key, read(key));
      changed.delete(key);
    },
    since: () => oldest,
    changes: () => {
      const taken = [...changed].map((key) => ({ key, asset: read(key) }));
      changed = new Set();
      return taken;
    },
    untold: (changes) => {
      for (const { key } of changes) changed.add(key);
    },
    isChanged: () => changed.size > 0,
    counters: () => ({ assets: texts.size, bytes, evicted }),
    *all() {
      for (const text of texts.values()) yield JSON.parse(text) as Asset;
    },
  };
}

function bytesOf(key: string, text: string): number {
  return textBytes(text) + textBytes(key) + overhead;
}

/** The names that a DNS record points at, by any version of it that is kept. */
function targetsOf(asset: Asset | undefined): readonly string[] {
  if (asset === undefined || !Object.hasOwn(asset.aspects, pointsAt)) return [];
  const aspect = asset.aspects[pointsAt];
  if (aspect === undefined || !('versions' in aspect)) return [];
  return [...new Set(aspect.versions.flatMap(({ value }) => textsOf(value)))];
}

/** The texts in a value that is a list of them. */
export function textsOf(value: Json | undefined): readonly string[] {
  return isList(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** An asset as it was stored; undefined where the text is of no asset. */
export function readAsset(value: Json): Asset | undefined {
  if (!isJsonObject(value)) return undefined;
  const { type, id, name, firstSeen, lastSeen, history, aspects } = value;
  const isWhole =
    typeof type === 'string' &&
    typeof id === 'string' &&
    typeof name === 'string' &&
    typeof firstSeen === 'number' &&
    typeof lastSeen === 'number' &&
    Array.isArray(history) &&
    isJsonObject(aspects);
  return isWhole ? (value as unknown as Asset) : undefined;
}
