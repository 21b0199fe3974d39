import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { parse, YAMLError } from 'yaml';
import { periodProblem, type Suppression } from '../../alert/suppression.ts';
import type { Json } from '../../event/json.ts';
import { line } from '../../notify/safe-text.ts';
import { utc } from '../../notify/words.ts';
import { searchProblem } from '../../runtime/suppressing.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { renderColumns } from '../format/columns.ts';
import { jsonText } from '../format/json.ts';
import { terminalOf, writeOut } from '../terminal.ts';
import { endOf } from '../time.ts';
import { withStore } from './assets.ts';

export interface SuppressionFlags {
  readonly config?: string;
  readonly store?: string;
  readonly json?: boolean;
  readonly all?: boolean;
  readonly when?: string;
  readonly reason?: string;
  readonly owner?: string;
  readonly for?: string;
  readonly until?: string;
  readonly by?: string;
}

export function listSuppressions(flags: SuppressionFlags): Promise<number> {
  return withStore(flags, async (store) => {
    const now = Date.now();
    const all = await store.life.suppressions();
    const chosen = flags.all === true ? all : all.filter((one) => holds(one, now));
    if (flags.json === true) await writeOut(jsonText({ suppressions: chosen }));
    else if (chosen.length === 0)
      await writeOut(
        all.length === 0
          ? 'Nothing was ever suppressed.\n'
          : 'Nothing is suppressed now; --all shows what was.\n',
      );
    else await writeOut(`${table(chosen, now)}\n`);
    return exitCode.ok;
  });
}

function holds({ until, ended }: Suppression, now: number): boolean {
  return ended === undefined && until > now;
}

function table(suppressions: readonly Suppression[], now: number): string {
  const rows = suppressions.map((one) => [
    line(one.name, 100),
    holds(one, now)
      ? `until ${utc(one.until)}`
      : `ended ${utc(Math.min(one.until, one.ended?.at ?? one.until))}`,
    line(one.owner, 60),
    line(JSON.stringify(one.when), 300),
    line(one.reason, 300),
    one.id,
  ]);
  const columns = [
    { head: 'NAME', gives: true },
    { head: 'HOLDS' },
    { head: 'OWNER', gives: true },
    { head: 'WHEN', gives: true },
    { head: 'WHY', gives: true },
    { head: 'ID' },
  ];
  return renderColumns(columns, rows, terminalOf(process.stdout));
}

export function addSuppression(name: string, flags: SuppressionFlags): Promise<number> {
  const now = Date.now();
  const when = searchOf(flags.when ?? '');
  const until = endOf(flags, now);
  const period = periodProblem({ from: now, until }, now);
  if (period !== undefined) throw new CliFailure(`--${period}`);
  const problem = searchProblem(when);
  if (problem !== undefined) throw new CliFailure(`--when: ${line(problem, 500)}`);
  const suppression: Suppression = {
    id: randomUUID(),
    name: textOf(name, 'the name', 200),
    when,
    reason: textOf(flags.reason, '--reason', 1_000),
    owner: textOf(flags.owner, '--owner', 200),
    from: now,
    until,
    createdAt: now,
    createdBy: flags.by ?? userInfo().username,
  };
  return withStore(flags, async (store) => {
    await store.life.suppress(suppression);
    await writeOut(
      flags.json === true
        ? jsonText(suppression)
        : `${suppression.id} keeps quiet what fits, until ${utc(suppression.until)}.\n`,
    );
    return exitCode.ok;
  });
}

function textOf(text: string | undefined, what: string, most: number): string {
  const trimmed = (text ?? '').trim();
  if (trimmed === '') throw new CliFailure(`${what}: must say something`);
  if (trimmed.length > most)
    throw new CliFailure(`${what}: has ${trimmed.length} characters; ${most} are the most`);
  return trimmed;
}

/** JSON is YAML. A word alone would be looked for everywhere, which is more than anybody means to keep quiet. */
function searchOf(text: string): Json {
  const when = yamlOf(text);
  if (typeof when !== 'object' || when === null)
    throw new CliFailure("--when: must name fields, such as 'tocsin.actor.name: deploy/*'");
  return when;
}

function yamlOf(text: string): Json {
  try {
    return parse(text, { maxAliasCount: 0 }) as Json;
  } catch (error) {
    // An alias is refused with a ReferenceError.
    if (!(error instanceof YAMLError || error instanceof ReferenceError)) throw error;
    throw new CliFailure(`--when: is no YAML: ${line(error.message, 300)}`);
  }
}

export function endSuppression(id: string, flags: SuppressionFlags): Promise<number> {
  return withStore(flags, async (store) => {
    const found = (await store.life.suppressions()).find((one) => one.id === id);
    if (found === undefined)
      throw new CliFailure(
        `${line(id, 60)}: there is no such suppression; 'tocsin suppressions list --all' shows all`,
      );
    const suppression = found.ended
      ? found
      : { ...found, ended: { at: Date.now(), by: flags.by ?? userInfo().username } };
    if (found.ended === undefined) await store.life.suppress(suppression);
    await writeOut(
      flags.json === true
        ? jsonText(suppression)
        : `${line(found.name, 100)} ${found.ended === undefined ? 'has ended' : 'had ended already'}.\n`,
    );
    return exitCode.ok;
  });
}
