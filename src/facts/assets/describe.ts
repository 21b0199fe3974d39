import type { Json } from '../../event/json.ts';
import { membersOf, type Asset } from './asset.ts';
import { inlinePrefix, policyAspects } from './sighting.ts';
import { policyLines } from './policy-diff.ts';

/** One thing that is known of an asset, as lines for people. Their names are as hostile as the log. */
export interface DescribedAspect {
  readonly name: string;
  readonly lines: readonly string[];
}

const names: ReadonlyMap<string, string> = new Map([
  ['points-at', 'points at'],
  ['reached-at', 'reached at'],
  ['block-public-access', 'Block Public Access on'],
  ['acl', 'ACL'],
]);

const mostLines = 50;

/** What is known of an asset by now, in the order in which it became known. */
export function describeAspects(asset: Asset): readonly DescribedAspect[] {
  return Object.entries(asset.aspects).map(([name, aspect]) => {
    const lines = 'members' in aspect ? membersOf(asset, name) : valueLines(name, aspect.versions[0]?.value);
    const more = lines.length - mostLines;
    return {
      name: names.get(name) ?? name.replace(/-/g, ' '),
      lines:
        more > 0 ? [...lines.slice(0, mostLines), `and ${more} more`] : lines.length === 0 ? ['none'] : lines,
    };
  });
}

function valueLines(name: string, value: Json | undefined): readonly string[] {
  if (value === undefined) return [];
  if (value === null) return ['something that cannot be read'];
  const isPolicy =
    policyAspects.has(name) || /^(?:version|permission) /.test(name) || name.startsWith(inlinePrefix);
  const policy = isPolicy ? policyLines(value) : undefined;
  if (policy !== undefined) return policy.map(({ text }) => text);
  const items: readonly Json[] = Array.isArray(value) ? (value as readonly Json[]) : [value];
  return items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)).slice(0, 500));
}
