import { actionsRecalled } from './assets/recall.ts';
import { isFactMember } from './fields.ts';
import { actionsWithFacts, analysers } from './table.ts';

/** Subjects of facts that all events of a kind may have, whatever call they name. */
const subjectsOfKinds: ReadonlySet<string> = new Set(
  analysers.flatMap(({ kinds = [], subjects }) => (kinds.length > 0 ? subjects : [])),
);

/**
 * Whether no call of this name can have facts of a subject, whatever else its event holds and whatever is remembered. False where there is
 * no telling: for what stands under `tocsin.` without being a fact, and for a subject that nothing here derives.
 */
export function lacksFacts(subject: string, action: string): boolean {
  if (!isFactMember(subject) || subjectsOfKinds.has(subject)) return false;
  const actions = [actionsWithFacts(subject), actionsRecalled(subject)].filter((set) => set !== undefined);
  return actions.length > 0 && actions.every((set) => !set.has(action));
}
