import { describe, expect, it } from 'vitest';
import { evidenceOf, offenceKey, type Offence } from './offence.ts';
import { requestsOf } from './testing/requests.ts';

describe('evidenceOf', () => {
  it('copies a request with the place where it stands', () => {
    const requests = requestsOf(
      [
        {},
        {
          time: 1_000,
          status: 404,
          client: '192.0.2.1',
          method: 'GET',
          host: 'www.example.com',
          path: '/a',
          query: 'b=c',
          agent: 'curl',
        },
      ],
      { object: 's3://logs/one.gz' },
    );
    expect(evidenceOf(requests, 1)).toEqual({
      time: 1_000,
      client: '192.0.2.1',
      method: 'GET',
      host: 'www.example.com',
      target: '/a?b=c',
      status: 404,
      agent: 'curl',
      object: 's3://logs/one.gz',
      position: 1,
    });
  });

  it('has a path alone where there is no query', () => {
    expect(evidenceOf(requestsOf([{ path: '/a' }]), 0).target).toBe('/a');
  });

  it.each([
    ['a long path', { path: '/'.repeat(1_000_000) }, `${'/'.repeat(299)}…`],
    ['a long query', { path: '/', query: 'x'.repeat(1_000_000) }, `/?${'x'.repeat(297)}…`],
    ['a text that just fits', { path: 'a'.repeat(300) }, 'a'.repeat(300)],
    ['a pair of surrogates', { path: `${'a'.repeat(298)}😀😀` }, `${'a'.repeat(298)}…`],
  ])('cuts %s', (_, row, expected) => {
    expect(evidenceOf(requestsOf([row]), 0).target).toBe(expected);
  });

  it('cuts what the client sent, and not what the log made of it', () => {
    const agent = '%41'.repeat(150);
    expect(evidenceOf(requestsOf([{ agent }], { escaping: 'percent' }), 0).agent).toBe('A'.repeat(150));
  });
});

describe('offenceKey', () => {
  const offence: Offence = {
    rule: 'scanner',
    subject: { type: 'client', value: '192.0.2.1' },
    start: 0,
    first: 5,
    last: 6,
    count: 50,
    threshold: 50,
    window: 60_000,
    severity: 'medium',
    evidence: [],
    explanation: '',
  };

  it('stays the same while an offence grows', () => {
    expect(offenceKey({ ...offence, first: 1, last: 9, count: 99, explanation: 'more' })).toBe(
      offenceKey(offence),
    );
  });

  it.each([
    ['rule', { rule: 'flood' }],
    ['kind of subject', { subject: { type: 'network', value: '192.0.2.1' } }],
    ['subject', { subject: { type: 'client', value: '192.0.2.2' } }],
    ['time', { start: 60_000 }],
    ['window', { window: 1_000 }],
  ] as const)('is another for another %s', (_, other) => {
    expect(offenceKey({ ...offence, ...other })).not.toBe(offenceKey(offence));
  });
});
