import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchHeaders, batchPath } from './protocol.ts';
import {
  canonicalText,
  clockToldMs,
  replayWindowMs,
  sha256,
  sign,
  signedHeaders,
  verifier,
  type Signed,
} from './signature.ts';

const now = Date.UTC(2026, 10, 21, 12);
const key = 'k'.repeat(40);
const newKey = 'n'.repeat(40);
const signed: Signed = {
  method: 'POST',
  path: batchPath,
  worker: 'eu-west',
  time: now,
  batch: 'stream-0001:1+3',
  encoding: 'gzip',
  digest: sha256(Buffer.from('body')),
};
const workers = [
  { name: 'eu-west', keys: [key, newKey] },
  { name: 'us-east', keys: ['u'.repeat(40)] },
];
const verify = verifier(workers, () => now);

function request(over: Signed = signed, withKey = key) {
  const headers: Record<string, string> = {
    ...signedHeaders(over, withKey),
    'content-encoding': over.encoding,
  };
  return { method: over.method, path: over.path, headers };
}

describe('a signature', () => {
  it('is the one that anybody can work out from the documented text', () => {
    expect(canonicalText(signed)).toBe(
      [
        'tocsin-hmac-sha256-1',
        'POST',
        '/v1/worker/batches',
        'eu-west',
        '1795262400000',
        'stream-0001:1+3',
        'gzip',
        '230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5',
      ].join('\n'),
    );
    // printf '...' | openssl dgst -sha256 -hmac kkk...
    expect(sign(signed, key)).toBe('dcc8a755a464291e6b2baef0a98e0ae7a5239740313b4d7d3c93c3b367402fc3');
  });

  it.each([
    ['the key that is valid', key],
    ['the key that takes its place', newKey],
  ])('holds with %s', (_, withKey) =>
    expect(verify(request(signed, withKey))).toEqual({
      type: 'worker',
      worker: 'eu-west',
      batch: signed.batch,
      digest: signed.digest,
      signature: Buffer.from(sign(signed, withKey), 'hex'),
    }),
  );

  it.each<[string, Partial<Signed>]>([
    ['method', { method: 'PUT' }],
    ['path', { path: `${batchPath}?x` }],
    ['worker', { worker: 'us-east' }],
    ['time', { time: now + 1 }],
    ['batch', { batch: 'stream-0001:1+4' }],
    ['encoding', { encoding: 'identity' }],
    ['body', { digest: sha256(Buffer.from('other')) }],
  ])('is over the %s', (_, change) => {
    const altered = request({ ...signed, ...change });
    const { headers } = request();
    altered.headers[batchHeaders.signature] = headers[batchHeaders.signature] ?? '';
    expect(verify(altered)).toMatchObject({ type: 'refused', reason: expect.stringContaining('fits none') });
  });

  it.each([
    ['at the edge of the window', replayWindowMs, 'worker'],
    ['at its other edge', -replayWindowMs, 'worker'],
    ['just older', replayWindowMs + 1, 'refused'],
    ['just too young', -replayWindowMs - 1, 'refused'],
  ])('%s', (_, age, type) => {
    expect(verify(request({ ...signed, time: now - age })).type).toBe(type);
  });

  it.each<[string, number, string, object]>([
    [
      'behind, tells so',
      replayWindowMs + 1,
      key,
      { clock: { worker: 'eu-west', aheadMs: -replayWindowMs - 1 } },
    ],
    [
      'ahead, tells so',
      -2 * replayWindowMs,
      newKey,
      { clock: { worker: 'eu-west', aheadMs: 2 * replayWindowMs } },
    ],
    ['a day behind, tells so', clockToldMs, key, { clock: { aheadMs: -clockToldMs } }],
    ['behind by more than a day, is an old request', clockToldMs + 1, key, {}],
    [
      'ahead by years, tells so, as no request is signed before it is made',
      -1000 * clockToldMs,
      key,
      { clock: { worker: 'eu-west', aheadMs: 1000 * clockToldMs } },
    ],
    ['ahead by years, with a key that does not fit, tells nothing', -1000 * clockToldMs, 'x'.repeat(40), {}],
    ['behind, with a key that does not fit, tells nothing', replayWindowMs + 1, 'x'.repeat(40), {}],
  ])('of a clock that is %s', (_, age, withKey, told) => {
    const { clock, ...refused } = {
      clock: undefined,
      ...verify(request({ ...signed, time: now - age }, withKey)),
    };
    expect(refused).toMatchObject({ type: 'refused' });
    expect({ ...(clock !== undefined && { clock }) }).toMatchObject(told);
    expect(clock === undefined).toBe(Object.keys(told).length === 0);
  });

  it.each(Object.entries(batchHeaders).filter(([name]) => name !== 'maxBytes'))(
    'does not hold without %s, or with it twice',
    (_, header) => {
      const without = request();
      delete without.headers[header];
      expect(verify(without).type).toBe('refused');
      const twice = request();
      twice.headers[header] = `${twice.headers[header]}, ${twice.headers[header]}`;
      expect(verify(twice).type).toBe('refused');
    },
  );

  it('of nobody whom the configuration names holds with no key, the stand-in of missing keys least of all', () => {
    for (const withKey of [key, '', 'nobody'])
      for (const worker of ['someone', 'us-east'])
        expect(verify(request({ ...signed, worker }, withKey)).type).toBe('refused');
  });

  it('holds for no headers that somebody makes up', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('eu-west', String(now), signed.batch, signed.digest));
    const headers = fc.dictionary(fc.constantFrom(...Object.values(batchHeaders)), text);
    fc.assert(
      fc.property(
        headers,
        (made) => verify({ method: 'POST', path: batchPath, headers: made }).type === 'refused',
      ),
    );
  });
});
