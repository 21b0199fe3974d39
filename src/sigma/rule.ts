import type { JsonObject } from '../event/json.ts';
import type { Severity } from '../event/severity.ts';

/** What a rule says for people and for other tools; each is absent where the rule does not say it. */
export interface RuleDetails {
  readonly related?: readonly RelatedRule[];
  /** Whose names of fields and log sources the rule uses; Sigma's own where it is absent. */
  readonly taxonomy?: string;
  /** An identifier of SPDX. */
  readonly license?: string;
  readonly author?: string;
  /** Days, as `2026-11-21`. */
  readonly date?: string;
  readonly modified?: string;
  /** Fields that are worth a look when the rule has matched. */
  readonly fields?: readonly string[];
  readonly scope?: readonly string[];
}

export interface RelatedRule {
  readonly id: string;
  readonly type: 'derived' | 'obsolete' | 'merged' | 'renamed' | 'similar';
}

/** What every kind of Sigma document says of itself. */
export interface RuleHeader extends RuleDetails {
  /** The rule's `id`, else its `name`, else the path of its file: never empty, unique in a loaded set. */
  readonly id: string;
  readonly title: string;
  readonly name: string | undefined;
  readonly status: string | undefined;
  readonly description: string;
  readonly level: Severity;
  readonly tags: readonly string[];
  readonly references: readonly string[];
  readonly falsePositives: readonly string[];
  /** Top-level keys that the specification leaves to tools, such as `tocsin`. */
  readonly custom: JsonObject;
  readonly path: string;
}

/**
 * A Sigma detection rule after parsing: plain data, ready to be compiled, written as JSON, or explained.
 * https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html (2.1.0)
 */
export interface Rule extends RuleHeader {
  readonly logsource: LogSource;
  readonly detections: Readonly<Record<string, Detection>>;
  /** True where any of them holds. */
  readonly conditions: readonly Condition[];
  /** The filters that were added. Each condition above is then an `and` of the rule's own and those of the filters. */
  readonly filters?: readonly AppliedFilter[];
}

/** A filter that was added to a rule; its condition names detections of the rule. */
export interface AppliedFilter {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  readonly condition: Condition;
}

/** The part of a rule that decides whether it matches. */
export type RuleLogic = Pick<Rule, 'detections' | 'conditions'>;

export interface LogSource {
  readonly product: string | undefined;
  readonly category: string | undefined;
  readonly service: string | undefined;
  /** How the source has to be set up for the rule to find anything; for people. */
  readonly definition?: string;
  /** Other keys, which decide nothing. */
  readonly custom?: JsonObject;
}

export type Detection =
  | { readonly type: 'all'; readonly of: readonly Detection[] }
  | { readonly type: 'any'; readonly of: readonly Detection[] }
  | FieldDetection
  | KeywordDetection
  | ElementDetection;

/** The values of one field. */
export interface FieldDetection {
  readonly type: 'field';
  readonly field: string;
  /** Whether one of the tests or every test must hold. */
  readonly quantifier: 'any' | 'all';
  readonly negated: boolean;
  readonly tests: readonly ValueTest[];
}

/** Texts looked for in every value of the event. */
export interface KeywordDetection {
  readonly type: 'keywords';
  readonly quantifier: 'any' | 'all';
  readonly tests: readonly ValueTest[];
}

/**
 * Searches that must hold for one and the same element of a list. Fields in them are named from the element on, and `.` is the element
 * itself. What stands in place of a list counts as its only element; lists inside lists are entered; null is no element.
 */
export interface ElementDetection {
  readonly type: 'element';
  readonly field: string;
  readonly quantifier: ElementQuantifier;
  readonly detections: Readonly<Record<string, Detection>>;
  /** Over the detections above. */
  readonly condition: Condition;
}

/** Of how many elements the condition must hold: one; each, of at least one; each, or there is none; none. */
export type ElementQuantifier = 'any' | 'all' | 'all_or_empty' | 'none';

export type Comparison = 'lt' | 'lte' | 'gt' | 'gte';
export type TimePart = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';

export type ValueTest =
  /** Glob of literal parts, `*` and `?`; see pattern.ts. */
  | { readonly type: 'text'; readonly pattern: Pattern; readonly cased: boolean }
  /** `text` is the number as the rule writes it, which is how a log may hold it as a text: `012345678901`, `1.10`. */
  | { readonly type: 'number'; readonly value: number; readonly text: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'null' }
  | { readonly type: 'exists'; readonly wanted: boolean }
  | { readonly type: 'regex'; readonly source: string; readonly flags: string }
  | { readonly type: 'cidr'; readonly range: string }
  | { readonly type: 'compare'; readonly comparison: Comparison; readonly value: number }
  /** A part of the time that the field holds; see time-part.ts. */
  | {
      readonly type: 'time';
      readonly part: TimePart;
      readonly comparison: Comparison | 'eq';
      readonly value: number;
    }
  | {
      readonly type: 'field';
      readonly field: string;
      readonly match: 'equals' | 'contains' | 'startswith' | 'endswith';
      readonly cased: boolean;
    };

/** Literal texts and wildcards in the order in which they stand; no two literals are neighbours. */
export type Pattern = readonly PatternPart[];
export type PatternPart = string | { readonly wildcard: '*' | '?' };

export type Condition =
  | { readonly type: 'detection'; readonly name: string }
  | { readonly type: 'and'; readonly of: readonly Condition[] }
  | { readonly type: 'or'; readonly of: readonly Condition[] }
  | { readonly type: 'atLeast'; readonly count: number; readonly of: readonly Condition[] }
  | { readonly type: 'not'; readonly of: Condition };
