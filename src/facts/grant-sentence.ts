import type { Exposure } from './exposure.ts';
import { codeOf } from './gate.ts';
import type { Gate } from './gate.ts';
import { sortAccess } from './policy/access.ts';
import type { Grant } from './policy/grant.ts';
import { listed, quote, spokenAccess, spokenAudience } from './sentence.ts';

const mostClauses = 3;

/** The sentence about grants of one audience: that they can, or only that the policy or ACL says so. */
export function sentenceOfGrants(gate: Gate, grants: readonly Grant[], verdict: Exposure['verdict']): string {
  const all = clausesOf(gate, grants);
  const clauses = spokenClauses(all.slice(0, mostClauses), verdict === 'exposed' ? ' can now ' : ' ');
  if (all.length > mostClauses) clauses.push(`and ${all.length - mostClauses} grants more`);
  const said = clauses.join('; ');
  if (verdict === 'exposed') return said;
  if (gate.attempted) return `tried to let ${said}, but the call failed${codeOf(gate.event)}`;
  return gate.blocked === undefined
    ? `${gate.name} now lets ${said}`
    : `${gate.name} would let ${said}, but ${gate.blocked}`;
}

interface Clause {
  readonly who: string;
  readonly does: string;
}

/** Clauses about the same people become one: "anyone can list A and read B". */
function spokenClauses(clauses: readonly Clause[], can: string): string[] {
  const byWho = Map.groupBy(clauses, (clause) => clause.who);
  return [...byWho].map(
    ([who, theirs]) => `${who}${can}${theirs.map((clause) => clause.does).join(' and ')}`,
  );
}

/** One clause for each group of grants that a person would say in one breath. */
function clausesOf(gate: Gate, grants: readonly Grant[]): readonly Clause[] {
  const groups = new Map<string, { readonly who: string; readonly conditions: string; grants: Grant[] }>();
  for (const grant of grants) {
    const who = spokenAudience(grant);
    const conditions =
      grant.conditions.length === 0 ? '' : ` if ${grant.conditions.map(quote).join(' and ')}`;
    // An ACL gives its permissions one by one; a policy gives them resource by resource.
    const apart = gate.via === 'acl' ? '' : spokenAccess(grant.access, gate.verbs);
    const key = JSON.stringify([who, conditions, apart]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { who, conditions, grants: [grant] });
    else group.grants.push(grant);
  }
  return [...groups.values()].map((group) => {
    const access = spokenAccess(sortAccess(group.grants.flatMap((grant) => grant.access)), gate.verbs);
    const resources = [...new Set(group.grants.flatMap((grant) => grant.resources))].sort();
    return { who: group.who, does: `${access} ${listed(gate.spokenScope(resources))}${group.conditions}` };
  });
}
