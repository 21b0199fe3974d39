import { expect, it } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import { isAtAnAccount } from './at-account.ts';

const at = (kind: Alert['what']['kind'], where: Partial<Alert['where']>): boolean =>
  isAtAnAccount({
    what: { kind, service: '', action: '', result: 'unknown', targets: [] },
    where: { origin: { type: 'unknown', text: '' }, ...where },
  });

it('asks for the account of a call, known or not, and of a request only where it is known', () => {
  expect(at('cloudtrail.api-call', {})).toBe(true);
  expect(at('access-log.request', {})).toBe(false);
  expect(at('access-log.request', { account: '111122223333' })).toBe(true);
});
