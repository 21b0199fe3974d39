import type { Condition, RuleHeader } from '../rule.ts';

/**
 * A Sigma correlation rule after parsing: plain data. What it refers to is resolved later (link.ts), since it may stand in another file.
 * https://sigmahq.io/sigma-specification/specification/sigma-correlation-rules-specification.html (2.1.0)
 */
export interface Correlation extends RuleHeader {
  readonly rules: readonly RuleReference[];
  /** Empty where all events are one group. */
  readonly groupBy: readonly string[];
  /** Milliseconds. */
  readonly timespan: number;
  /** As the rule writes it: `90m`. */
  readonly timespanText: string;
  /** Field names that `group-by` and `field` may use, and what they stand for in the events of each rule. */
  readonly aliases: readonly Alias[];
  /** Whether the rules referred to raise findings of their own too. */
  readonly generate: boolean;
  readonly test: CorrelationTest;
}

/** A rule or another correlation, by id or name, and where the file names it. */
export interface RuleReference {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

export interface Alias {
  readonly name: string;
  readonly fields: readonly { readonly rule: string; readonly field: string }[];
}

export type BoundOperator = 'gt' | 'gte' | 'lt' | 'lte' | 'eq' | 'neq';

/** All of them must hold. */
export type Bounds = readonly { readonly operator: BoundOperator; readonly value: number }[];

/** What must be true of the events of one group in one window. Types with the prefix `tocsin_` are not in the specification. */
export type CorrelationTest =
  | { readonly type: 'event_count'; readonly bounds: Bounds }
  /** Different values of one field, or different combinations of several. */
  | { readonly type: 'value_count'; readonly fields: readonly string[]; readonly bounds: Bounds }
  | {
      readonly type: 'value_sum' | 'value_avg' | 'value_median';
      readonly field: string;
      readonly bounds: Bounds;
    }
  /** Without `percentile`: the share, in percent, that one value has among all values. */
  | {
      readonly type: 'value_percentile';
      readonly field: string;
      readonly percentile: number | undefined;
      readonly bounds: Bounds;
    }
  /** How many of the rules have matched. */
  | { readonly type: 'temporal' | 'temporal_ordered'; readonly bounds: Bounds }
  /** Which of the rules have matched; the names in it are those of `rules`. */
  | {
      readonly type: 'temporal' | 'temporal_ordered';
      readonly expression: Condition;
      readonly source: string;
    }
  /** A value that the group has not had. Learning in milliseconds. */
  | { readonly type: 'tocsin_new_value'; readonly fields: readonly string[]; readonly learning: number }
  | { readonly type: 'tocsin_change'; readonly field: string }
  /**
   * Being somewhere else than in the event before faster than can be. Two fields, latitude and longitude; bounds in kilometres an hour, the
   * least distance in kilometres.
   */
  | {
      readonly type: 'tocsin_travel';
      readonly fields: readonly string[];
      readonly bounds: Bounds;
      readonly minimum: number;
    }
  /** Events of the window for each event of the window before it; `minimum` in the one, `reference` in the other. */
  | {
      readonly type: 'tocsin_spike';
      readonly bounds: Bounds;
      readonly minimum: number;
      readonly reference: number;
    }
  /** Fewer than `below` events, after there were as many. */
  | { readonly type: 'tocsin_flatline'; readonly below: number }
  /** Matches of the first rule for each 100 of the second, where the second has at least `minimum`. */
  | { readonly type: 'tocsin_percentage'; readonly bounds: Bounds; readonly minimum: number };
