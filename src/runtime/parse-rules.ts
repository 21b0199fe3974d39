import { linkCorrelations } from '../sigma/correlation/link.ts';
import { joinRules, readRules, type ParsedRules } from '../sigma/parse.ts';
import type { Pipeline } from '../sigma/pipeline/pipeline.ts';
import type { RuleHeader } from '../sigma/rule.ts';
import { wholeFile, type RuleFile } from './rule-files.ts';

/** Reads rules from the bytes of their files, and fits them to each other and by the pipelines. */
export function parseRules(files: readonly RuleFile[], pipelines: readonly Pipeline[]): ParsedRules {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const joined = joinRules(
    files.map(({ path, bytes }) => readRules(decoder.decode(bytes), path)),
    pipelines,
  );
  const problems = [...joined.problems];
  const taken = new Map<string, string>();
  const isFree = ({ id, path }: RuleHeader): boolean => {
    const by = taken.get(id);
    if (by === undefined) taken.set(id, path);
    else problems.push(wholeFile(path, `the id ${id} is taken by ${by}; give this rule an id of its own`));
    return by === undefined;
  };
  const rules = joined.rules.filter(isFree);
  const linked = linkCorrelations(rules, joined.correlations.filter(isFree));
  problems.push(...linked.problems);
  return { rules, correlations: linked.correlations.map(({ correlation }) => correlation), problems };
}
