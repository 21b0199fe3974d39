import type { LinkedCorrelation } from './link.ts';

/** A correlation, by its place among all, that a match goes to, with the members that it is a match of. */
export interface Route {
  readonly to: number;
  readonly members: readonly number[];
}

/** Whom matches of rules and correlations go to. */
export interface Routes {
  /** Of what matched all of these at once. The same lists as long as they are remembered. */
  readonly of: (sources: readonly string[]) => readonly Route[];
  /** Whether matches of a rule or correlation go to any. */
  readonly leadFrom: (source: string) => boolean;
}

/** What is known of sources that came one after the other: the same few rules match together again and again. */
interface Branch {
  readonly next: Map<string, Branch>;
  routes: readonly Route[] | undefined;
}

/** More different sets of rules that match one event hardly come. */
const mostBranches = 1_000;

export function routesTo(linked: readonly LinkedCorrelation[]): Routes {
  /** For each rule or correlation: whom its matches go to. */
  const direct = new Map<string, { readonly to: number; readonly member: number }[]>();
  for (const [to, { members }] of linked.entries())
    for (const [member, { id }] of members.entries()) {
      const known = direct.get(id);
      if (known === undefined) direct.set(id, [{ to, member }]);
      else known.push({ to, member });
    }
  const root: Branch = { next: new Map(), routes: undefined };
  let branches = 0;

  function find(sources: readonly string[]): readonly Route[] {
    const found = new Map<number, number[]>();
    for (const source of sources)
      for (const { to, member } of direct.get(source) ?? []) {
        const members = found.get(to);
        if (members === undefined) found.set(to, [member]);
        else if (!members.includes(member)) members.push(member);
      }
    for (const members of found.values()) members.sort((a, b) => a - b);
    return Array.from(found, ([to, members]) => ({ to, members }));
  }

  return {
    of: (sources) => {
      let branch = root;
      for (const source of sources) {
        let next = branch.next.get(source);
        if (next === undefined) {
          if (++branches > mostBranches) {
            root.next.clear();
            branches = 0;
            return find(sources);
          }
          branch.next.set(source, (next = { next: new Map(), routes: undefined }));
        }
        branch = next;
      }
      return (branch.routes ??= find(sources));
    },
    leadFrom: (source) => direct.has(source),
  };
}
