import { expect, it } from 'vitest';
import { packStep, unpackStep } from './packed-step.ts';
import { newTally } from './pipeline.ts';
import type { Step } from './scan-part.ts';

const provenance = { source: 'file', object: 'a.json', position: 1, receivedAt: 2 };
const step: Step = {
  alerts: [],
  further: [],
  rejections: [
    { provenance, reason: 'broken \u0000 \ud800', length: 3, bytes: new Uint8Array([0, 255, 128]) },
  ],
  matches: [{ time: 1, id: 'x', rules: ['r'], fields: { ['__proto__']: [-0, 'é'] }, evidence: '{}' }],
  held: [{ time: 2, action: 'PutBucketPolicy', text: '{"a":"\u2028"}', provenance }],
  // Of a piece without events.
  time: Number.NEGATIVE_INFINITY,
  latest: 3,
  tally: newTally(),
  first: Number.POSITIVE_INFINITY,
  last: Number.NEGATIVE_INFINITY,
  bytes: 10,
};

it('a step is the same after it was packed, with what JSON cannot write', () => {
  const packed = packStep(step);
  expect(unpackStep(packed)).toStrictEqual(step);
  // As it comes out of a message of another thread.
  expect(unpackStep(structuredClone(packed))).toStrictEqual(step);
});
