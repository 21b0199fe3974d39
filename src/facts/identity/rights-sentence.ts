import { listed, quote } from '../sentence.ts';
import type { OpenPath, Rights } from './rights.ts';

const mostMeans = 3;
const mostActions = 4;

/** What rights let their holder do, to go on after "can ": `do everything`, `write any policy into a user (iam-007)`. */
export function spokenRights(rights: Rights): string {
  const some = listed(rights.actions.slice(0, mostActions).map(quote));
  const more = rights.actions.length > mostActions ? ` and ${rights.actions.length - mostActions} more` : '';
  const on = rights.resources.length === 0 ? '' : ` on ${listed(rights.resources.map(quote))}`;
  switch (rights.level) {
    case 'admin':
    case 'escalation':
    case 'hijack':
      if (isEverything(rights)) return 'do everything';
      return spokenPaths(rights.paths.filter(({ breadth }) => breadth !== 'named'));
    case 'limited-escalation':
      return `${spokenPaths(rights.paths)}, as far as the targets and conditions of the policy let them`;
    case 'power':
      return `do everything but what the policy leaves out (${some}${more})`;
    case 'write':
    case 'read':
      return `use ${some}${more}${on}`;
    case 'none':
      return 'do nothing by it: it allows no action';
    case 'unknown':
      return `do what cannot be read: ${rights.problems.slice(0, 3).join('; ')}`;
  }
}

function isEverything({ actions, resources, conditions }: Rights): boolean {
  return actions.includes('*') && resources.includes('*') && conditions.length === 0;
}

const rank = { 'own-rights': 0, 'take-over': 1, 'pass-role': 2, hijack: 3 } as const;

/** The strongest paths in words, each meaning once, and how many more there are. */
function spokenPaths(paths: readonly OpenPath[]): string {
  const byMeaning = new Map<string, string[]>();
  const strongestFirst = [...paths].sort((a, b) => rank[a.path.kind] - rank[b.path.kind]);
  for (const { path } of strongestFirst) {
    const ids = byMeaning.get(path.means);
    if (ids === undefined) byMeaning.set(path.means, [path.id]);
    else ids.push(path.id);
  }
  const means = [...byMeaning].map(([meaning, ids]) => `${meaning} (${ids.join(', ')})`);
  const left = means.length - mostMeans;
  return left > 0
    ? `${means.slice(0, mostMeans).join('; ')}; and in ${left} more way${left > 1 ? 's' : ''} come to more rights`
    : means.join('; ');
}
