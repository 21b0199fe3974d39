import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../event/json.ts';
import { denied } from '../testing/cloudtrail.ts';
import { callOf } from '../testing/call.ts';
import { recordChangesOf } from './record-change.ts';

function changed(...changes: Json[]) {
  return recordChangesOf(
    callOf('route53', 'ChangeResourceRecordSets', {
      hostedZoneId: '/hostedzone/Z1PA6795UKMFR9',
      changeBatch: { comment: 'x', changes },
    }),
  );
}

const cname = (action: string, value: string): Json => ({
  action,
  resourceRecordSet: {
    name: 'Shop.Example.com.',
    type: 'CNAME',
    tTL: 300,
    resourceRecords: [{ value }],
  },
});

describe('the changes of records in a Route 53 call', () => {
  it('are read with name, type, values and zone', () => {
    expect(changed(cname('CREATE', 'shops.example.net'))).toEqual([
      {
        change: 'created',
        zone: 'Z1PA6795UKMFR9',
        name: 'shop.example.com',
        type: 'CNAME',
        values: ['shops.example.net'],
        alias: false,
        ttl: 300,
        setIdentifier: undefined,
        replaced: false,
      },
    ]);
  });

  it('name what an alias stands for', () => {
    const [change] = changed({
      action: 'UPSERT',
      resourceRecordSet: {
        name: '\\052.example.com.',
        type: 'A',
        setIdentifier: 'blue',
        aliasTarget: {
          hostedZoneId: 'Z2FDTNDATAQYW2',
          dNSName: 'D111111abcdef8.cloudfront.net.',
          evaluateTargetHealth: false,
        },
      },
    });
    expect(change).toMatchObject({
      change: 'set',
      name: '*.example.com',
      values: ['d111111abcdef8.cloudfront.net'],
      alias: true,
      ttl: undefined,
      setIdentifier: 'blue',
    });
  });

  it('are the same whichever way the letters of the keys are written', () => {
    const [change] = changed({
      Action: 'delete',
      ResourceRecordSet: {
        Name: 'a.example.com',
        Type: 'a',
        TTL: '60',
        ResourceRecords: [{ Value: '192.0.2.1' }],
      },
    });
    expect(change).toMatchObject({
      change: 'deleted',
      name: 'a.example.com',
      type: 'A',
      ttl: 60,
      values: ['192.0.2.1'],
    });
  });

  it('tell a record that is deleted and made anew from one that is gone', () => {
    const [first, second] = changed(cname('DELETE', 'old.example.net'), cname('CREATE', 'new.example.net'));
    expect([first?.replaced, second?.replaced]).toEqual([true, true]);
    expect(changed(cname('DELETE', 'old.example.net'))[0]?.replaced).toBe(false);
  });

  it('are told of a failed call too', () => {
    const event = callOf(
      'route53',
      'ChangeResourceRecordSets',
      { hostedZoneId: 'Z1', changeBatch: { changes: [cname('CREATE', 'x')] } },
      denied,
    );
    expect(recordChangesOf(event)).toHaveLength(1);
  });

  it('are none for another call, and for one without a request', () => {
    expect(recordChangesOf(callOf('route53', 'ListResourceRecordSets', { hostedZoneId: 'Z1' }))).toEqual([]);
    expect(recordChangesOf(callOf('route53', 'ChangeResourceRecordSets', null))).toEqual([]);
  });

  it('are read from anything without a throw, and never more than a call can hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.jsonValue(), fc.constant(cname('UPSERT', 'x'))), { maxLength: 40 }),
        (changes) => {
          for (const change of changed(...(changes as Json[]))) expect(change.name).not.toBe('');
        },
      ),
    );
    expect(changed(...Array.from({ length: 1500 }, () => cname('CREATE', 'x')))).toHaveLength(1000);
  });
});
