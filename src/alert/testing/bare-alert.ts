import type { Alert } from '../alert.ts';

/** An alert that says as little as one can. */
export const bareAlert: Alert = {
  id: '0'.repeat(32),
  rule: { id: 'rule', title: 'Rule' },
  severity: 'low',
  title: 'Something happened',
  description: '',
  response: '',
  time: 0,
  receivedAt: 0,
  decidedAt: 0,
  who: { kind: 'unknown', name: 'nobody', chain: [] },
  what: { kind: 'guardduty.finding', service: '', action: '', result: 'unknown', targets: [] },
  where: { origin: { type: 'internal' } },
  tactics: [],
  techniques: [],
  facts: [],
  falsePositives: [],
  references: [],
  evidence: {
    eventId: 'e',
    provenance: { source: 'test', object: 'test', position: 0, receivedAt: 0 },
    fields: {},
  },
};
