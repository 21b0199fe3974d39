import { parentPort, workerData } from 'node:worker_threads';
import { parseRules } from './parse-rules.ts';
import { keepRules } from './rule-cache.ts';
import type { RuleFile } from './rule-files.ts';

/** What the thread is started with. */
export interface ParsingSetup {
  readonly files: readonly RuleFile[];
  /** Where, and under which key, what was read is kept. */
  readonly folder: string;
  readonly key: string;
}

/** The body of the thread of `parseRulesApart`: answers with `ParsedRules`. */
function parse(): void {
  const { files, folder, key } = workerData as ParsingSetup;
  const parsed = parseRules(files, []);
  keepRules(key, parsed, folder);
  parentPort?.postMessage(parsed);
}

parse();
