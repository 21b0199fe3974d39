import { sortAccess } from './access.ts';
import { audiencesByWidth } from './grant.ts';
import type { Grant } from './grant.ts';

/**
 * Puts together grants that differ in one respect only: first in what is allowed, then in whom, then in the
 * resource. Starting from one principal and one resource each, the result is the same in whatever order they come.
 */
export function mergeGrants(grants: readonly Grant[]): readonly Grant[] {
  const clean = grants.map((grant) => join([grant]));
  const byAccess = mergeBy(clean, ({ access: _access, actions: _actions, ...rest }) => rest);
  const byPrincipal = mergeBy(byAccess, ({ principals: _principals, accounts: _accounts, ...rest }) => rest);
  const byResource = mergeBy(byPrincipal, ({ resources: _resources, ...rest }) => rest);
  return byResource
    .map((grant) => ({ grant, width: audiencesByWidth.indexOf(grant.audience), text: JSON.stringify(grant) }))
    .sort((a, b) => a.width - b.width || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ grant }) => grant);
}

function mergeBy(grants: readonly Grant[], rest: (grant: Grant) => object): readonly Grant[] {
  const groups = new Map<string, Grant[]>();
  for (const grant of grants) {
    const key = JSON.stringify(rest(grant));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [grant]);
    else group.push(grant);
  }
  return [...groups.values()].map(join);
}

function join(grants: readonly Grant[]): Grant {
  const all = (pick: (grant: Grant) => readonly string[]): readonly string[] =>
    [...new Set(grants.flatMap(pick))].sort();
  return {
    audience: grants[0]?.audience ?? 'nobody',
    principals: all((grant) => grant.principals),
    accounts: all((grant) => grant.accounts),
    organisations: all((grant) => grant.organisations),
    guarded: grants.every((grant) => grant.guarded),
    access: sortAccess(grants.flatMap((grant) => grant.access)),
    actions: all((grant) => grant.actions),
    resources: all((grant) => grant.resources),
    conditions: all((grant) => grant.conditions),
    doubts: all((grant) => grant.doubts),
  };
}
