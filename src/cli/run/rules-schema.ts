import { ruleSchema } from '../../alert/rule-schema.ts';
import { testSchema } from '../../runtime/rule-tests.ts';
import { exitCode } from '../failure.ts';
import { jsonText } from '../format/json.ts';
import { writeOut } from '../terminal.ts';

export async function printSchema(kind: 'rule' | 'test'): Promise<number> {
  await writeOut(jsonText(kind === 'rule' ? ruleSchema() : testSchema()));
  return exitCode.ok;
}
