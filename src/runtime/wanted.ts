import { isWantable, type Wanted } from '../decode/prefilter/wanted.ts';
import { isFactMember } from '../facts/fields.ts';
import { actionsWithFacts } from '../facts/table.ts';
import { fold } from '../sigma/fold.ts';
import { requirementsOf, type Requirement } from '../sigma/required.ts';
import type { Rule } from '../sigma/rule.ts';

/** What a record must hold for one rule, told by one key. */
interface Need {
  readonly key: string;
  readonly texts: ReadonlySet<string>;
}

/**
 * What a CloudTrail record must hold for any of these rules to match it, by one requirement of each rule. Undefined where a rule
 * could match without anything that shows in a record's bytes; then every record has to be looked at.
 */
export function wantedBy(rules: readonly Rule[]): Wanted | undefined {
  const wanted = new Map<string, Set<string>>();
  for (const rule of rules) {
    const need = rarest(requirementsOf(rule).flatMap(needsOf));
    if (need === undefined) return undefined;
    const texts = wanted.get(need.key) ?? new Set();
    for (const text of need.texts) texts.add(text);
    wanted.set(need.key, texts);
  }
  return wanted;
}

/** Members under `tocsin.` that are one member of the record, word for word. */
const sameAs: ReadonlyMap<string, string> = new Map([
  ['tocsin.action', 'eventName'],
  ['tocsin.service', 'eventSource'],
]);

const factTexts: ReadonlySet<string> = new Set([...actionsWithFacts].map(fold));

function needsOf(requirement: Requirement): readonly Need[] {
  if (requirement.kind === 'anywhere') return [];
  const field = sameAs.get(requirement.field) ?? requirement.field;
  if (field.startsWith('tocsin.')) {
    const [, member = ''] = field.split('.');
    // Whatever a fact says, it is derived from a few actions only.
    return isFactMember(member) ? [{ key: 'eventName', texts: factTexts }] : [];
  }
  if (requirement.kind !== 'equals') return [];
  const key = field.slice(field.lastIndexOf('.') + 1).replace(/\[\]$/, '');
  return isWantable(key) && !field.includes('\\') ? [{ key, texts: requirement.texts }] : [];
}

/** Keys that hold the same few texts in most records. */
const common: ReadonlySet<string> = new Set([
  'eventSource',
  'eventType',
  'eventCategory',
  'awsRegion',
  'readOnly',
]);

/** The need that fewest records meet, as far as keys tell: the action, then what few records hold, then what most do. */
function rarest(needs: readonly Need[]): Need | undefined {
  return (
    needs.find(({ key }) => key === 'eventName') ?? needs.find(({ key }) => !common.has(key)) ?? needs[0]
  );
}
