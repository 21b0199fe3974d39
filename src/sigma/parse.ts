import { isMap, isSeq, LineCounter, parseAllDocuments, visit, type Document, type Node } from 'yaml';
import * as z from 'zod';
import type { Correlation } from './correlation/correlation.ts';
import { readCorrelation } from './correlation/parse.ts';
import { readRule } from './detection-rule.ts';
import { ruleOf, type RuleDraft } from './draft.ts';
import { readFilter, type Filter } from './filter.ts';
import { applyFilters } from './filter-apply.ts';
import { problemsLater, type ProblemAt } from './later-places.ts';
import { compilePipelines } from './pipeline/apply.ts';
import { correlatedFields, fitCorrelations } from './pipeline/correlations.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import { RuleError, type Problem } from './problem.ts';
import type { ReadContext } from './read-context.ts';
import type { Rule } from './rule.ts';
import { startShared, type Shared } from './shared-parts.ts';
import { keepWrittenNumbers } from './written-number.ts';
import { offsetOf } from './yaml-place.ts';

export interface ParsedRules {
  readonly rules: readonly Rule[];
  readonly correlations: readonly Correlation[];
  readonly problems: readonly Problem[];
}

/** Everything that was read of a file so far; each kind of document adds to its own list. */
interface Read {
  readonly drafts: RuleDraft[];
  readonly correlations: Correlation[];
  readonly filters: Filter[];
}

/** What one file holds, before its documents and those of other files have met. */
export interface ReadFile {
  readonly drafts: readonly RuleDraft[];
  readonly correlations: readonly Correlation[];
  readonly filters: readonly Filter[];
  readonly problems: readonly Problem[];
}

interface Kind {
  /** The top-level key that tells this kind of document. */
  readonly key: string;
  /** Adds what the document holds to `into`; throws a ZodError or RuleError where it cannot be read. */
  readonly read: (raw: unknown, into: Read, context: ReadContext) => void;
}

/** The kinds of Sigma documents besides detection rules. */
const kinds: readonly Kind[] = [
  {
    key: 'correlation',
    read: (raw, into, context) => into.correlations.push(readCorrelation(raw, context)),
  },
  {
    key: 'filter',
    read: (raw, into, context) => into.filters.push(readFilter(raw, context)),
  },
];

/** What a document is that has no key of another kind. */
const detectionRule: Kind = {
  key: 'detection',
  read: (raw, into, context) => into.drafts.push(readRule(raw, context)),
};

/** Reads the Sigma documents of one YAML file (one or several) and joins them, as if there were no other file. */
export function parseRules(text: string, path: string): ParsedRules {
  return joinRules([readRules(text, path)]);
}

/** Makes rules of what was read from all files: filters are added to the rules that they name, and pipelines fit them to the logs. */
export function joinRules(files: readonly ReadFile[], pipelines: readonly Pipeline[] = []): ParsedRules {
  const fit = compilePipelines(pipelines);
  const correlations = files.flatMap((file) => file.correlations);
  const filtered = applyFilters(
    files.flatMap((file) => file.drafts),
    files.flatMap((file) => file.filters),
    correlations,
  );
  const problems = [...files.flatMap((file) => file.problems), ...filtered.problems];
  const rules: Rule[] = [];
  const reads =
    pipelines.length === 0 ? new Map<string, readonly string[]>() : correlatedFields(correlations);
  const fitted: RuleDraft[] = [];
  for (const draft of filtered.drafts) {
    const { taxonomy = 'sigma' } = draft.header;
    if (taxonomy !== 'sigma' && pipelines.length === 0)
      problems.push(
        draft.problem(
          'warning',
          `the names in the rule are those of '${taxonomy}'; where the logs have others, fit it with a pipeline`,
          ['taxonomy'],
        ),
      );
    try {
      const { id, name = id } = draft.header;
      const fields = [...(reads.get(id) ?? []), ...(name === id ? [] : (reads.get(name) ?? []))];
      const correlated = Object.fromEntries(fields.map((field) => [field, [field]]));
      const done = fit({ ...draft, correlated });
      fitted.push(done);
      rules.push(ruleOf(done));
    } catch (thrown) {
      const at = thrown instanceof RuleError ? thrown.at : [];
      problems.push(draft.problem('error', thrown instanceof Error ? thrown.message : String(thrown), at));
    }
  }
  if (pipelines.length === 0) return { rules, correlations, problems };
  const renamed = fitCorrelations(correlations, fitted);
  return { rules, correlations: renamed.correlations, problems: [...problems, ...renamed.problems] };
}

/**
 * Reads the Sigma documents of one YAML file (one or several), for `joinRules`. A document that cannot be read becomes problems with
 * line and column and is left out; the others are returned.
 */
export function readRules(text: string, path: string): ReadFile {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const read: Read = { drafts: [], correlations: [], filters: [] };
  const problems: Problem[] = [];
  const shared = startShared();
  const later = problemsLater(text, path);
  for (const [i, document] of (Array.isArray(documents) ? documents : []).entries())
    problems.push(...readDocument(document, { path, lines, shared, problem: later(i) }, read));
  const empty = Object.values(read).every((list: readonly unknown[]) => list.length === 0);
  if (empty && !problems.some(({ level }) => level === 'error'))
    problems.push({ level: 'error', path, line: 1, column: 1, message: 'the file holds no rule' });
  return { ...read, problems };
}

interface File {
  readonly path: string;
  readonly lines: LineCounter;
  readonly shared: Shared;
  readonly problem: ProblemAt;
}

/** Adds what the document holds to `into`, and returns what is wrong with it. */
function readDocument(
  document: Document,
  { path, lines, shared, problem }: File,
  into: Read,
): readonly Problem[] {
  const place = (offset: number | undefined) => {
    const position = lines.linePos(offset ?? 0);
    return { path, line: Math.max(1, position.line), column: Math.max(1, position.col) };
  };
  const error = (offset: number | undefined, message: string): Problem => ({
    level: 'error',
    ...place(offset),
    message,
  });
  if (document.errors.length > 0)
    return document.errors.map(({ pos, message }) => error(pos[0], `not YAML: ${message}`));
  const oddKey = keyThatIsNoText(document);
  if (oddKey !== undefined)
    return [
      error(
        oddKey.range?.[0],
        'a key is a list or a map here; put what stands in brackets or braces into quotes',
      ),
    ];
  const plain = toPlain(document);
  if (plain instanceof Error) return [error(0, plain.message)];
  // Such as behind a `---` at the end of a file.
  if (plain === null) return [];
  const { raw, warning } = shared(plain);
  const warnings: Problem[] =
    warning === undefined
      ? []
      : [{ level: 'warning', ...place(offsetOf(document, ['action'])), message: warning }];
  if (raw === undefined) return warnings;
  const kind =
    kinds.find(({ key }) => typeof raw === 'object' && raw !== null && Object.hasOwn(raw, key)) ??
    detectionRule;
  try {
    kind.read(raw, into, {
      path,
      placeOf: (at) => {
        const { line, column } = place(offsetOf(document, at));
        return { line, column };
      },
      problem,
      warn: (message, at) => warnings.push({ level: 'warning', ...place(offsetOf(document, at)), message }),
    });
    return warnings;
  } catch (thrown) {
    if (thrown instanceof z.ZodError)
      return thrown.issues.map((issue) =>
        error(
          offsetOf(
            document,
            issue.path.filter((key) => typeof key !== 'symbol'),
          ),
          `${issue.path.length > 0 ? `'${issue.path.join('.')}' ` : 'the rule '}${issue.message.replace(/^Invalid/, 'is wrong: invalid')}`,
        ),
      );
    // Whatever a rule does to the reader (circles of aliases, depth past the stack), the other rules are read.
    const at = thrown instanceof RuleError ? offsetOf(document, thrown.at) : undefined;
    return [error(at, thrown instanceof Error ? thrown.message : String(thrown))];
  }
}

/** Such as `{{ name }}` without quotes, which YAML reads as a map that is the key of a map. */
function keyThatIsNoText(document: Document): Node | undefined {
  let found: Node | undefined;
  visit(document, {
    Pair: (_, { key }) => {
      if (!isMap(key) && !isSeq(key)) return undefined;
      found = key;
      return visit.BREAK;
    },
  });
  return found;
}

function toPlain(document: Document): unknown {
  try {
    keepWrittenNumbers(document);
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return error instanceof Error ? error : new Error('not readable');
  }
}
