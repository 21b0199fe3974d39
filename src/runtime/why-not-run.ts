import type { Rule } from '../sigma/rule.ts';

/** Why a rule that is not among an engine's active ones does not run, as the end of a sentence about it. */
export function whyNotRun({ logsource, status }: Rule): string {
  if (status === 'unsupported') return "is marked 'status: unsupported' and does not run";
  const named = Object.entries(logsource).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}: ${String(value)}`],
  );
  const source = named.length === 0 ? 'a log source without a name' : named.join(', ');
  return `is for ${source}, of which Tocsin reads no logs yet; rules for 'product: aws' run with 'service: cloudtrail', or with 'category: finding' for what AWS's own services find`;
}
