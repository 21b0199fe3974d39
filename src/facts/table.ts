import type { Event } from '../event/event.ts';
import { awsFindings } from './aws-finding.ts';
import { dnsAnalysers } from './dns/table.ts';
import { edgeAnalysers } from './edge/table.ts';
import type { Analyser, Fact, Sign } from './fact.ts';
import { identityAnalysers } from './identity/table.ts';
import { keyAnalysers } from './keys/table.ts';
import { nothingKnown, type Known } from './known.ts';
import { networkAnalysers } from './network/table.ts';
import { s3Analysers } from './s3/table.ts';
import { storeAnalysers } from './stores/table.ts';
import { resourcePolicy } from './resource-policy.ts';
import { watchAnalysers } from './watch/table.ts';

/** Every analyser. A new one is a file and a line here; the names of its fields belong into fields.ts. */
export const analysers: readonly Analyser[] = [
  ...s3Analysers,
  resourcePolicy,
  ...keyAnalysers,
  ...watchAnalysers,
  ...dnsAnalysers,
  ...identityAnalysers,
  ...networkAnalysers,
  ...edgeAnalysers,
  ...storeAnalysers,
  awsFindings,
];

const none: readonly Fact[] = [];
const byAction = indexOf(analysers, ({ actions }) => actions);
const byKind = indexOf(analysers, ({ kinds = [] }) => kinds);

function indexOf(
  all: readonly Analyser[],
  keysOf: (analyser: Analyser) => readonly string[],
): ReadonlyMap<string, readonly Analyser[]> {
  const index = new Map<string, Analyser[]>();
  for (const analyser of all) {
    for (const key of keysOf(analyser)) {
      const held = index.get(key);
      if (held === undefined) index.set(key, [analyser]);
      else held.push(analyser);
    }
  }
  return index;
}

/** What an event means: the facts of every analyser that its service and action concern. Pure; never throws on any record. */
export function factsOf(event: Event, known: Known = nothingKnown): readonly Fact[] {
  // What is no call may name its subject as if it were one.
  const concerned = byKind.get(event.kind) ?? byAction.get(`${event.service}:${event.action}`);
  return concerned === undefined ? none : concerned.flatMap((analyser) => analyser.analyse(event, known));
}

/**
 * The calls that can give facts of a subject, without their service, each with the signs of which a record must show one for that; none
 * where any record of the call may. Undefined where no analyser here derives facts of the subject.
 */
export function actionsWithFacts(
  subject: string,
): ReadonlyMap<string, readonly Sign[] | undefined> | undefined {
  return actionsBySubject.get(subject);
}

const actionsBySubject = bySubject(analysers);

function bySubject(
  all: readonly Analyser[],
): ReadonlyMap<string, ReadonlyMap<string, readonly Sign[] | undefined>> {
  const index = new Map<string, Map<string, readonly Sign[] | undefined>>();
  for (const { subjects, actions, signs } of all) {
    for (const subject of subjects) {
      const held = index.get(subject) ?? new Map<string, readonly Sign[] | undefined>();
      index.set(subject, held);
      for (const action of actions) {
        const name = action.slice(action.indexOf(':') + 1);
        const more = signs?.get(action);
        const known = held.get(name);
        // Another analyser, or the same call of another service, may need no sign.
        if (!held.has(name)) held.set(name, more);
        else held.set(name, known && more && [...known, ...more]);
      }
    }
  }
  return index;
}
