import { fieldsOfRule } from '../../alert/lint.ts';
import { readableFieldNames } from '../../context/field-names.ts';
import { fieldNames } from '../../sigma/correlation/match.ts';
import { visible } from '../../notify/safe-text.ts';
import { renderColumns } from '../format/columns.ts';
import { jsonText } from '../format/json.ts';
import type { PipelineFlags } from '../options.ts';
import { count, paint, terminalOf, writeOut } from '../terminal.ts';
import { codeOf, load, report } from './loaded.ts';

interface FieldRow {
  readonly name: string;
  readonly description?: string;
  /** How many of the loaded rules read it. */
  readonly rules: number;
}

/** What a rule can read: all fields under `tocsin.`, and those of the record that other rules read. */
export async function showFields(
  filter: string | undefined,
  flags: PipelineFlags & { rules?: string[]; json?: boolean },
): Promise<number> {
  const { rules, correlations, problems } = await load(flags.rules ?? [], flags);
  report(problems);
  const readBy = new Map<string, number>();
  const read = [...rules.map(fieldsOfRule), ...correlations.map((one) => [...new Set(fieldNames(one))])];
  for (const fields of read) for (const field of fields) readBy.set(field, (readBy.get(field) ?? 0) + 1);
  const needle = (filter ?? '').toLowerCase();
  const wanted = ({ name, description = '' }: FieldRow) =>
    name.toLowerCase().includes(needle) || description.toLowerCase().includes(needle);
  const own: FieldRow[] = readableFieldNames
    .map(({ name, description }) => ({
      name: `tocsin.${name}`,
      description,
      rules: readBy.get(`tocsin.${name}`) ?? 0,
    }))
    .filter(wanted);
  const raw: FieldRow[] = [...readBy]
    .filter(([name]) => !name.startsWith('tocsin.'))
    .map(([name, by]) => ({ name, rules: by }))
    .filter(wanted)
    .sort((a, b) => b.rules - a.rules || (a.name < b.name ? -1 : 1));
  if (flags.json) await writeOut(jsonText({ tocsin: own, raw }));
  else {
    const terminal = terminalOf(process.stdout);
    const tables = [
      ...(own.length === 0
        ? []
        : [
            renderColumns(
              [
                { head: 'what Tocsin works out' },
                { head: 'rules', right: true },
                { head: '', gives: true, wraps: true },
              ],
              own.map(({ name, description = '', rules: by }) => [name, String(by), description]),
              terminal,
            ),
          ]),
      ...(raw.length === 0
        ? []
        : [
            renderColumns(
              [
                { head: 'what the record holds', gives: true },
                { head: 'rules', right: true },
              ],
              raw.map(({ name, rules: by }) => [visible(name), String(by)]),
              terminal,
            ),
          ]),
      paint(
        terminal,
        'dim',
        `${count(own.length + raw.length, 'field')}, read by ${count(rules.length + correlations.length, 'rule')}`,
      ),
    ];
    await writeOut(`${tables.join('\n\n')}\n`);
  }
  return codeOf(problems);
}
