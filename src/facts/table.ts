import type { Event } from '../event/event.ts';
import type { Analyser, Fact } from './fact.ts';
import { s3Exposure } from './s3-exposure.ts';
import { s3PublicAccessBlock } from './s3-public-access-block.ts';

/** Every analyser. A new one is a file and a line here; the names of its fields belong into fields.ts. */
export const analysers: readonly Analyser[] = [s3Exposure, s3PublicAccessBlock];

const none: readonly Fact[] = [];
const byAction = indexOf(analysers);

function indexOf(all: readonly Analyser[]): ReadonlyMap<string, readonly Analyser[]> {
  const index = new Map<string, Analyser[]>();
  for (const analyser of all) {
    for (const action of analyser.actions) {
      const held = index.get(action);
      if (held === undefined) index.set(action, [analyser]);
      else held.push(analyser);
    }
  }
  return index;
}

/** What an event means: the facts of every analyser that its service and action concern. Pure; never throws on any record. */
export function factsOf(event: Event): readonly Fact[] {
  const concerned = byAction.get(`${event.service}:${event.action}`);
  return concerned === undefined ? none : concerned.flatMap((analyser) => analyser.analyse(event));
}

/** The calls that any analyser has something to say about: without one of them an event has no facts. */
export const actionsWithFacts: ReadonlySet<string> = new Set(
  analysers.flatMap(({ actions }) => actions.map((action) => action.slice(action.indexOf(':') + 1))),
);
