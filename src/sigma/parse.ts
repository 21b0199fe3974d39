import { isMap, isSeq, LineCounter, parseAllDocuments, visit, type Document, type Node } from 'yaml';
import * as z from 'zod';
import type { Json } from '../event/json.ts';
import { severities } from '../event/severity.ts';
import { parseCondition } from './condition.ts';
import { parseDetection } from './detection.ts';
import { RuleError, type Problem } from './problem.ts';
import type { Condition, Detection, Rule } from './rule.ts';
import { startShared, type Shared } from './shared-parts.ts';
import { keepWrittenNumbers } from './written-number.ts';
import { offsetOf } from './yaml-place.ts';

export interface ParsedRules {
  readonly rules: readonly Rule[];
  readonly problems: readonly Problem[];
}

/**
 * Reads the Sigma rules of one YAML file (one or several documents). A document that cannot be read becomes problems with line and
 * column and is left out; the others are returned.
 */
export function parseRules(text: string, path: string): ParsedRules {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const rules: Rule[] = [];
  const problems: Problem[] = [];
  const shared = startShared();
  for (const document of Array.isArray(documents) ? documents : []) {
    const parsed = parseDocument(document, path, lines, shared);
    if (parsed.rule) rules.push(parsed.rule);
    problems.push(...parsed.problems);
  }
  if (rules.length === 0 && !problems.some(({ level }) => level === 'error'))
    problems.push({ level: 'error', path, line: 1, column: 1, message: 'the file holds no rule' });
  return { rules, problems };
}

/** A date stands in rules as a text, but YAML 1.1 habits leave slashes and numbers; anything printable is kept. */
const looseText = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const textList = z.union([z.array(looseText), looseText.transform((one) => [one])]);

const header = z.looseObject({
  title: looseText.refine((title) => title.length <= 256, 'is longer than 256 characters'),
  id: looseText.optional(),
  name: looseText.optional(),
  status: z.enum(['stable', 'test', 'experimental', 'deprecated', 'unsupported']).optional(),
  description: looseText.optional().nullable(),
  level: z.enum(severities).optional(),
  tags: textList.optional().nullable(),
  references: textList.optional().nullable(),
  falsepositives: textList.optional().nullable(),
  logsource: z.looseObject({
    product: looseText.optional().nullable(),
    category: looseText.optional().nullable(),
    service: looseText.optional().nullable(),
  }),
  detection: z.looseObject({ condition: z.union([z.string(), z.array(z.string()).min(1).max(100)]) }),
});

const standardKeys = new Set([
  'title',
  'id',
  'related',
  'name',
  'taxonomy',
  'status',
  'description',
  'license',
  'references',
  'author',
  'date',
  'modified',
  'logsource',
  'detection',
  'fields',
  'falsepositives',
  'level',
  'tags',
  'scope',
]);

/** Kinds of Sigma documents besides detection rules, by the key that tells them. */
const notReadYet: readonly (readonly [string, string])[] = [
  ['correlation', 'is a correlation rule, which this version of Tocsin does not read yet'],
  ['filter', 'is a Sigma filter, which this version of Tocsin does not read yet'],
];

function parseDocument(
  document: Document,
  path: string,
  lines: LineCounter,
  shared: Shared,
): { rule?: Rule; problems: Problem[] } {
  const place = (offset: number | undefined) => {
    const position = lines.linePos(offset ?? 0);
    return { path, line: Math.max(1, position.line), column: Math.max(1, position.col) };
  };
  if (document.errors.length > 0)
    return {
      problems: document.errors.map((error) => ({
        level: 'error',
        ...place(error.pos[0]),
        message: `not YAML: ${error.message}`,
      })),
    };
  const oddKey = keyThatIsNoText(document);
  if (oddKey !== undefined)
    return {
      problems: [
        {
          level: 'error',
          ...place(oddKey.range?.[0]),
          message: 'a key is a list or a map here; put what stands in brackets or braces into quotes',
        },
      ],
    };
  const plain = toPlain(document);
  if (plain instanceof Error) return { problems: [{ level: 'error', ...place(0), message: plain.message }] };
  const { raw, warning } = shared(plain);
  const warnings: Problem[] =
    warning === undefined
      ? []
      : [{ level: 'warning', ...place(offsetOf(document, ['action'])), message: warning }];
  if (raw === undefined) return { problems: warnings };
  const later = notReadYet.find(
    ([key]) => typeof raw === 'object' && raw !== null && Object.hasOwn(raw, key),
  );
  if (later) {
    const [key, message] = later;
    return { problems: [{ level: 'error', ...place(offsetOf(document, [key])), message }] };
  }
  const read = header.safeParse(raw);
  if (!read.success) {
    return {
      problems: read.error.issues.map((issue) => ({
        level: 'error',
        ...place(
          offsetOf(
            document,
            issue.path.filter((key) => typeof key !== 'symbol'),
          ),
        ),
        message: `${issue.path.length > 0 ? `'${issue.path.join('.')}' ` : 'the rule '}${issue.message.replace(/^Invalid/, 'is wrong: invalid')}`,
      })),
    };
  }
  try {
    return { rule: toRule(read.data, path), problems: warnings };
  } catch (error) {
    // Whatever a rule does to the reader (circles of aliases, depth past the stack), the other rules are read.
    const at = error instanceof RuleError ? offsetOf(document, error.at) : undefined;
    const message = error instanceof Error ? error.message : String(error);
    return { problems: [{ level: 'error', ...place(at), message }] };
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

function toRule(data: z.infer<typeof header>, path: string): Rule {
  const { condition, timeframe, ...searches } = data.detection;
  if (timeframe !== undefined)
    throw new RuleError(
      "'timeframe' belongs to an old form of correlation; write a correlation rule instead",
      ['detection', 'timeframe'],
    );
  const names = Object.keys(searches);
  if (names.length === 0) throw new RuleError('there is no detection beside the condition', ['detection']);
  const detections: [string, Detection][] = names.map((name) => [
    name,
    parseDetection(searches[name], ['detection', name]),
  ]);
  const sources = typeof condition === 'string' ? [condition] : condition;
  const conditions: Condition[] = sources.map((source) => parseCondition(source, names));
  return {
    id: data.id ?? data.name ?? path,
    title: data.title,
    name: data.name,
    status: data.status,
    description: (data.description ?? '').trim(),
    level: data.level ?? 'medium',
    tags: data.tags ?? [],
    references: data.references ?? [],
    falsePositives: data.falsepositives ?? [],
    logsource: {
      product: data.logsource.product ?? undefined,
      category: data.logsource.category ?? undefined,
      service: data.logsource.service ?? undefined,
    },
    detections: Object.fromEntries(detections),
    conditions,
    custom: customKeys(data),
    path,
  };
}

function customKeys(data: Readonly<Record<string, unknown>>): Rule['custom'] {
  const entries = Object.entries(data).filter(([key]) => !standardKeys.has(key));
  // Through JSON, so that what is kept is a plain JSON value whatever YAML made of it. One by one, for the place of a failure.
  return Object.fromEntries(entries.map(([key, value]) => [key, plainJson(value, key)]));
}

function plainJson(value: unknown, key: string): Json {
  try {
    return JSON.parse(JSON.stringify(value)) as Json;
  } catch {
    throw new RuleError(`'${key}' holds itself through an alias; write the value out`, [key]);
  }
}
