import { object } from '../../src/event/json.ts';
import { builtinRules } from '../../src/runtime/load-rules.ts';
import { packsFolder } from '../../src/runtime/packs.ts';
import { code, table } from './markdown.ts';
import { linkTo, shown } from './rules.ts';

/** What stands for each event that DIAL asks for, by the marks in the rules. */
export async function dialTable(): Promise<string> {
  const rules = await shown([builtinRules, packsFolder]);
  const byEvent = new Map<string, string[]>();
  for (const rule of rules) {
    const marks = object(rule.custom, 'tocsin')?.['dial'];
    for (const mark of Array.isArray(marks) ? marks : []) {
      const line = `${linkTo(rule)} (${rule.level}${rule.path.startsWith(packsFolder) ? `, pack ${code('inventory')}` : ''})`;
      byEvent.set(String(mark), [...(byEvent.get(String(mark)) ?? []), line]);
    }
  }
  const rows = [...byEvent]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([event, lines]) => [code(event), lines.join('<br>')]);
  return table(['DIAL watches', 'Tocsin has'], rows);
}
