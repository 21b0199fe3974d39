import type { Event } from '../event/event.ts';
import type { Exposure } from './exposure.ts';
import { sortAccess } from './policy/access.ts';
import type { Grant } from './policy/grant.ts';
import { spokenScope } from './s3-resource.ts';
import type { S3Resource } from './s3-resource.ts';
import { listed, quote, spokenAccess, spokenAudience } from './sentence.ts';

/** What the facts of one call have in common. */
export interface Setting {
  readonly event: Event;
  readonly resource: S3Resource;
  readonly via: 'policy' | 'acl';
  readonly attempted: boolean;
  /** Why the call has no effect though it succeeded; undefined where it has. */
  readonly blocked: string | undefined;
}

const mostClauses = 3;

/** The sentence about grants of one audience: that they can, or only that the policy or ACL says so. */
export function sentenceOfGrants(
  setting: Setting,
  grants: readonly Grant[],
  verdict: Exposure['verdict'],
): string {
  const all = clausesOf(setting, grants);
  const clauses = spokenClauses(all.slice(0, mostClauses), verdict === 'exposed' ? ' can now ' : ' ');
  if (all.length > mostClauses) clauses.push(`and ${all.length - mostClauses} grants more`);
  const said = clauses.join('; ');
  if (verdict === 'exposed') return said;
  if (setting.attempted) return `tried to let ${said}, but the call failed${codeOf(setting.event)}`;
  const what = nameOf(setting.via);
  return setting.blocked === undefined
    ? `${what} now lets ${said}`
    : `${what} would let ${said}, but ${setting.blocked}`;
}

function nameOf(via: 'policy' | 'acl'): string {
  return via === 'policy' ? 'the bucket policy' : 'the ACL';
}

/** The error code of a failed call, to end a sentence with. */
export function codeOf(event: Event): string {
  return event.outcome.code === undefined ? '' : ` (${quote(event.outcome.code)})`;
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
function clausesOf(setting: Setting, grants: readonly Grant[]): readonly Clause[] {
  const groups = new Map<string, { readonly who: string; readonly conditions: string; grants: Grant[] }>();
  for (const grant of grants) {
    const who = spokenAudience(grant);
    const conditions =
      grant.conditions.length === 0 ? '' : ` if ${grant.conditions.map(quote).join(' and ')}`;
    // An ACL gives its permissions one by one; a policy gives them resource by resource.
    const apart = setting.via === 'acl' ? '' : spokenAccess(grant.access);
    const key = JSON.stringify([who, conditions, apart]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { who, conditions, grants: [grant] });
    else group.grants.push(grant);
  }
  return [...groups.values()].map((group) => {
    const access = spokenAccess(sortAccess(group.grants.flatMap((grant) => grant.access)));
    const resources = [...new Set(group.grants.flatMap((grant) => grant.resources))].sort();
    return { who: group.who, does: `${access} ${scopeOf(setting, resources)}${group.conditions}` };
  });
}

function scopeOf({ via, resource }: Setting, resources: readonly string[]): string {
  if (via === 'policy') return listed(spokenScope(resources, resource));
  return resource.type === 'AWS::S3::Bucket' ? `what is in ${resource.spoken}` : resource.spoken;
}
