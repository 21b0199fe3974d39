import type { Health } from '../api/state.ts';
import type { RunningSource } from '../source/source.ts';

/** Something that says what is wrong with it, undefined where nothing is. */
interface Troubled {
  readonly trouble: () => string | undefined;
}

export interface ReadinessOptions {
  readonly stopping: () => boolean;
  /** The part that takes events in; undefined while another server leads. */
  readonly taking: () =>
    | { readonly sources: readonly RunningSource[]; readonly storeTrouble: () => string | undefined }
    | undefined;
  /** What is said while another leads. */
  readonly standsBy: string;
  /** What is wrong with each file and list of places; undefined where nobody looks places up. */
  readonly places: (() => readonly (string | undefined)[]) | undefined;
  readonly intel: Troubled;
  /** Undefined where nothing but the configuration tells of the estate. */
  readonly estate: Troubled | undefined;
}

/**
 * Whether a server can do its work. A source in trouble is for an alarm, not for a load balancer: the server itself still takes events. It takes
 * none while its store keeps nothing.
 */
export function readiness(options: ReadinessOptions): () => Health {
  const { stopping, taking, standsBy, places, intel, estate } = options;
  return () => {
    const led = taking();
    const storeTrouble = led?.storeTrouble();
    const feeds = intel.trouble();
    return {
      ready: !stopping() && led !== undefined && storeTrouble === undefined,
      checks: [
        led === undefined ? checkOf('leader', standsBy) : checkOf('store', storeTrouble),
        ...(led?.sources ?? []).map((source) => checkOf(source.name, source.trouble())),
        ...(places === undefined ? [] : [checkOf('places', joined(places()))]),
        ...(feeds === undefined ? [] : [checkOf('feeds of indicators', feeds)]),
        ...(estate === undefined ? [] : [checkOf('estate', estate.trouble())]),
      ],
    };
  };
}

function joined(troubles: readonly (string | undefined)[]): string | undefined {
  const some = troubles.filter((one) => one !== undefined);
  return some.length === 0 ? undefined : some.join('; ');
}

function checkOf(name: string, trouble: string | undefined): Health['checks'][number] {
  return { name, ok: trouble === undefined, ...(trouble === undefined ? {} : { detail: trouble }) };
}
