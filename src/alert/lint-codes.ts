/** What `rules lint` can say. A code never changes its meaning: configurations and CI systems name them. */
export const lintCodes = {
  refused: {
    level: 'error',
    fix: false,
    says: 'the document is no rule that can be run; the message says why',
  },
  'unknown-tocsin-field': { level: 'error', fix: false, says: 'there is no such field under `tocsin.`' },
  'unknown-tocsin-key': { level: 'error', fix: false, says: 'there is no such key under `tocsin`' },
  'empty-placeholder': { level: 'error', fix: false, says: 'the headline has a placeholder without a name' },
  'bad-grouping': {
    level: 'error',
    fix: false,
    says: '`tocsin.group-by` or `tocsin.group-window` is not what it must be',
  },
  'outdated-form': {
    level: 'advice',
    fix: false,
    says: 'a form that Sigma has given up, or that is read with a warning',
  },
  'always-matches': { level: 'advice', fix: false, says: 'the condition holds for every event' },
  'never-matches': { level: 'advice', fix: false, says: 'the condition cannot hold for any event' },
  'unused-detection': { level: 'advice', fix: false, says: 'the condition does not use a detection' },
  'same-detection': { level: 'advice', fix: false, says: 'two rules look for the same' },
  'short-value': {
    level: 'advice',
    fix: false,
    says: '`contains` with one or two letters, which are in nearly every text',
  },
  'duplicate-value': { level: 'advice', fix: false, says: 'a field has the same value twice' },
  'single-all': {
    level: 'advice',
    fix: false,
    says: '`all` with a single value, which the specification does not allow',
  },
  'null-in-list': {
    level: 'advice',
    fix: false,
    says: '`null` in a list of values, which the specification does not allow',
  },
  'plain-regex': { level: 'advice', fix: false, says: 'a regular expression for what a plain modifier says' },
  'unknown-field': { level: 'advice', fix: false, says: 'CloudTrail records have no such member' },
  'wildcard-ends': {
    level: 'advice',
    fix: true,
    says: 'wildcards at the ends of every value, for which there are `contains`, `startswith` and `endswith`',
  },
  'quantified-one': { level: 'advice', fix: true, says: '`1 of` or `all of` a single detection' },
  'no-id': { level: 'advice', fix: true, says: 'the rule has no id, by which its alerts are known' },
  'id-form': { level: 'advice', fix: false, says: 'the id is no UUID' },
  'date-form': { level: 'advice', fix: true, says: 'a date is not written as 2026-11-21' },
  'header-case': { level: 'advice', fix: true, says: '`level` or `status` is not in lower case' },
  'tag-form': { level: 'advice', fix: true, says: 'a tag is not written as the specification wants it' },
  'unknown-namespace': {
    level: 'advice',
    fix: false,
    says: 'a tag begins with a namespace that the specification does not have',
  },
  'unknown-tactic': {
    level: 'advice',
    fix: false,
    says: 'a tag names an ATT&CK tactic that Tocsin does not know',
  },
  'unknown-technique': {
    level: 'advice',
    fix: false,
    says: 'a tag names an ATT&CK technique that Tocsin does not know',
  },
  'title-form': { level: 'advice', fix: false, says: 'the title is long, or not written as a title' },
  'no-description': { level: 'advice', fix: false, says: 'the rule does not say what it means' },
  'no-falsepositives': {
    level: 'advice',
    fix: false,
    says: 'the rule does not say who does this rightfully',
  },
  'no-headline': { level: 'advice', fix: false, says: 'alerts will show the title only' },
  'no-test': { level: 'advice', fix: false, says: 'there is no test beside the rule' },
  'trailing-space': { level: 'advice', fix: true, says: 'spaces at the end of lines' },
  'no-final-newline': { level: 'advice', fix: true, says: 'the last line of the file does not end' },
} as const satisfies Readonly<Record<string, LintCodeEntry>>;

interface LintCodeEntry {
  readonly level: 'error' | 'advice';
  /** Whether `--fix` can mend it, at least in some cases. */
  readonly fix: boolean;
  readonly says: string;
}

export type LintCode = keyof typeof lintCodes;
