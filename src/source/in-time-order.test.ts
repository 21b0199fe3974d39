import { expect, it } from 'vitest';
import { inTimeOrder } from './in-time-order.ts';

const of = (...paths: string[]) => paths.map((path) => ({ path, size: 1, stdin: false }));

it('reads regions side by side, and what has no time in its name first', () => {
  const files = of(
    'logs/us-east-1/2026/11/20/1_CloudTrail_us-east-1_20261120T0010Z_b.json.gz',
    'logs/us-east-1/2026/11/20/1_CloudTrail_us-east-1_20261120T0005Z_c.json.gz',
    'z.json',
    'logs/eu-west-1/2026/11/20/1_CloudTrail_eu-west-1_20261120T0005Z_a.json.gz',
    'logs/eu-west-1/2026/11/19/1_CloudTrail_eu-west-1_20261119T2355Z_z.json.gz',
    'a.json',
  );
  expect(inTimeOrder(files).map(({ path }) => path.slice(-29))).toEqual(
    [
      'z.json',
      'a.json',
      'eu-west-1_20261119T2355Z_z.json.gz',
      'us-east-1_20261120T0005Z_c.json.gz',
      'eu-west-1_20261120T0005Z_a.json.gz',
      'us-east-1_20261120T0010Z_b.json.gz',
    ].map((name) => name.slice(-29)),
  );
});

it('takes times from the name of the file alone', () => {
  const files = of('x_20261120T0005Z_y/b.json', 'x_20251120T0005Z_y/a.json');
  expect(inTimeOrder(files)).toEqual(files);
});
