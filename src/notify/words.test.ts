import { expect, it } from 'vitest';
import { minimalAlert, normalAlert } from './testing/alerts.ts';
import { callWords } from './words.ts';

it('says of a call how it ended, and of what a service found that it found it', () => {
  const { what } = minimalAlert;
  expect(callWords(normalAlert.what)).toMatch(/: succeeded/);
  expect(
    callWords({
      ...what,
      kind: 'guardduty.finding',
      service: 'guardduty.amazonaws.com',
      action: 'Recon:EC2/PortProbe',
      result: 'unknown',
    }),
  ).toBe('guardduty.amazonaws.com found Recon:EC2/PortProbe');
});
