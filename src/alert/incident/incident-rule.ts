import type { RuleHeader } from '../../sigma/rule.ts';

/** What the alerts of incidents name as their rule. */
export const incidentRule = {
  id: 'incident',
  title: 'Several alerts belong together',
} as const;

/** The same as policies see it. */
export const incidentRuleHeader: RuleHeader = {
  ...incidentRule,
  name: undefined,
  status: undefined,
  description: '',
  level: 'high',
  tags: [],
  references: [],
  falsePositives: [],
  custom: {},
  path: '',
};
