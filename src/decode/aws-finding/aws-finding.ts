import type { Actor, Target } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import type { Severity } from '../../event/severity.ts';

/** AWS services whose findings are known one by one; everything else that Security Hub hands on is `other`. */
export type AwsFindingSource =
  'guardduty' | 'securityhub' | 'access-analyzer' | 'macie' | 'inspector' | 'other';

/** What a security service of AWS found, whichever it was, said in one way. Not to be confused with a rule's match. */
export interface AwsFinding {
  /** Who found it; of what Security Hub hands on, who told Security Hub. */
  readonly source: AwsFindingSource;
  /** The product's own name, such as GuardDuty. */
  readonly product: string;
  /** True where it came by way of Security Hub and was found by somebody else. */
  readonly relayed: boolean;
  /** The source's own id, the same however the finding comes: the last part where the source gives an ARN. */
  readonly id: string;
  /** In the source's own words: `UnauthorizedAccess:EC2/SSHBruteForce`. */
  readonly type: string;
  readonly title: string;
  readonly severity: Severity;
  /** The source's own number, where it gives one. */
  readonly score?: number | undefined;
  readonly state: 'active' | 'archived' | 'resolved' | 'suppressed';
  /** When the finding was last said, in milliseconds since the epoch. */
  readonly time: number;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  readonly targets: readonly Target[];
  readonly actor?: Actor | undefined;
  /** The address of whoever did it. */
  readonly address?: string | undefined;
  /** How often it was seen, where the source counts. */
  readonly count?: number | undefined;
  /** True for those that a service makes up to show what they look like. */
  readonly sample: boolean;
}

/** Reads one finding out of its raw fields, or says what is wrong with them. */
export type ReadAwsFinding = (fields: JsonObject) => AwsFinding | { readonly problem: string };
