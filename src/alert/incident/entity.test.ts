import { describe, expect, it } from 'vitest';
import type { Alert } from '../alert.ts';
import { bareAlert } from '../testing/bare-alert.ts';
import { actorOf, entitiesOf } from './entity.ts';

const account = '111122223333';

function keysOf(change: {
  who?: Partial<Alert['who']>;
  what?: Partial<Alert['what']>;
  where?: Partial<Alert['where']>;
}): readonly string[] {
  const alert: Alert = {
    ...bareAlert,
    who: { kind: 'unknown', name: 'x', chain: [], ...change.who },
    what: { ...bareAlert.what, targets: [], ...change.what },
    where: { origin: { type: 'internal' }, ...change.where },
  };
  return entitiesOf(alert).map(({ kind, key, wide }) => `${kind} ${key}${wide === true ? ' (wide)' : ''}`);
}

describe('what an alert is about', () => {
  it.each<[name: string, change: Parameters<typeof keysOf>[0], keys: readonly string[]]>([
    ['is nothing where nobody is named', {}, []],
    [
      'is a role and its session',
      { who: { kind: 'assumed-role', arn: `arn:aws:sts::${account}:assumed-role/deploy/ci-1` } },
      [
        `role arn:aws:iam::${account}:role/deploy`,
        `session arn:aws:sts::${account}:assumed-role/deploy/ci-1`,
      ],
    ],
    [
      'is the same role where it is called about, whatever its path',
      { what: { targets: [{ name: 'deploy', arn: `arn:aws:iam::${account}:role/ci/deploy` }] } },
      [`role arn:aws:iam::${account}:role/deploy`],
    ],
    [
      'is the same user as actor and as target, once',
      {
        who: { kind: 'iam-user', arn: `arn:aws:iam::${account}:user/bob` },
        what: { targets: [{ name: 'bob', arn: `arn:aws:iam::${account}:user/bob` }] },
      },
      [`user arn:aws:iam::${account}:user/bob`],
    ],
    [
      'is the key that was made, and the person',
      {
        who: { person: { name: 'Bob' }, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
        what: { targets: [{ name: 'ASIAIOSFODNN7EXAMPLE' }] },
      },
      ['person Bob', 'access-key AKIAIOSFODNN7EXAMPLE', 'access-key ASIAIOSFODNN7EXAMPLE'],
    ],
    [
      'is a resource only by its ARN',
      { what: { targets: [{ name: 'invoices' }, { name: 'invoices', arn: 'arn:aws:s3:::invoices' }] } },
      ['resource arn:aws:s3:::invoices'],
    ],
    [
      'joins nothing by an address of one’s own network',
      {
        where: {
          origin: { type: 'address', address: '198.51.100.7' },
          place: { kind: 'own', network: 'office' },
        },
      },
      ['address 198.51.100.7 (wide)'],
    ],
    [
      'joins nothing by a role that AWS works with',
      { who: { arn: `arn:aws:sts::${account}:assumed-role/AWSServiceRoleForConfig/s` } },
      [
        `role arn:aws:iam::${account}:role/AWSServiceRoleForConfig (wide)`,
        `session arn:aws:sts::${account}:assumed-role/AWSServiceRoleForConfig/s (wide)`,
      ],
    ],
    [
      'is no service of AWS',
      {
        who: { kind: 'aws-service', arn: `arn:aws:iam::${account}:root` },
        where: { origin: { type: 'service', service: 'ec2.amazonaws.com' } },
      },
      [],
    ],
  ])('%s', (_, change, keys) => {
    expect(keysOf(change)).toEqual(keys);
  });

  it('is bounded, and long names that differ stay different', () => {
    const targets = Array.from({ length: 500 }, (_, n) => ({
      name: 'x',
      arn: `arn:aws:s3:::${'x'.repeat(5_000)}${n}`,
    }));
    const keys = keysOf({ what: { targets } });
    expect(keys).toHaveLength(16);
    expect(new Set(keys).size).toBe(16);
    expect(Math.max(...keys.map(({ length }) => length))).toBeLessThan(500);
  });

  it('is an actor by person, ARN, key or address', () => {
    const alert: Alert = {
      ...bareAlert,
      who: { kind: 'anonymous', name: '192.0.2.1', chain: [] },
      where: { origin: { type: 'address', address: '192.0.2.1' } },
    };
    expect(actorOf(alert)).toBe('192.0.2.1');
    expect(actorOf({ ...alert, who: { ...alert.who, arn: 'arn:a' } })).toBe('arn:a');
    expect(actorOf({ ...alert, where: { origin: { type: 'internal' } } })).toBeUndefined();
  });
});
