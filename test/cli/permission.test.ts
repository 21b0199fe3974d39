import { expect, it } from 'vitest';
import { tocsin } from '../support/cli.ts';

it('scans where Node may begin no other program', async () => {
  const { stdout, code } = await tocsin(['scan', 'examples/archive'], {
    env: { NODE_OPTIONS: '--permission --allow-fs-read=* --allow-fs-write=* --allow-worker' },
  });
  expect(stdout).toContain('124 records = 124 events + 0 rejected');
  expect(code).toBe(0);
});
