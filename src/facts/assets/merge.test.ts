import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { valueAt, type Asset } from './asset.ts';
import { createAssetMemory } from './memory.ts';
import { merged } from './merge.ts';
import { call, remembering } from './testing/calls.ts';

const put = (minute: number, policy: string) =>
  call(minute, 's3', 'PutBucketPolicy', { bucketName: 'x', bucketPolicy: policy });
const make = (minute: number) => call(minute, 's3', 'CreateBucket', { bucketName: 'x' });
const remove = (minute: number) => call(minute, 's3', 'DeleteBucket', { bucketName: 'x' });
const tag = (minute: number, Key: string) =>
  call(minute, 's3', 'PutBucketTagging', {
    bucketName: 'x',
    Tagging: { TagSet: { Tag: [{ Key, Value: 'v' }] } },
  });
const known = (events: readonly Event[]): Asset | undefined =>
  remembering(createAssetMemory(), events).get('AWS::S3::Bucket', 'x');

const events: fc.Arbitrary<Event> = fc
  .tuple(fc.nat({ max: 30 }), fc.constantFrom(put, make, remove, tag))
  // An event's id is made of its minute and action, so what it says must be made of them too.
  .map(([minute, one]) => one(minute, minute % 2 === 0 ? 'a' : 'b'));
const several = fc.uniqueArray(events, { selector: ({ id }) => id, minLength: 1, maxLength: 12 });

it('knows from two memories what one would know that had heard of all, whichever comes first', () => {
  fc.assert(
    fc.property(several, several, (one, two) => {
      const [a, b] = [known(one), known(two.filter(({ id }) => !one.some((event) => event.id === id)))];
      if (a === undefined || b === undefined) return;
      const whole = known([...one, ...two]);
      expect(merged(a, b).created).toEqual(whole?.created);
      expect(merged(a, b).deleted).toEqual(whole?.deleted);
      expect(merged(a, b).history).toEqual(whole?.history);
      expect(merged(a, b).aspects).toEqual(merged(b, a).aspects);
      expect(valueAt(merged(a, b), 'policy', Infinity)).toEqual(valueAt(whole, 'policy', Infinity));
      // What was in it before a deletion is let go by whoever hears of that in time.
      const isLostOnTime = whole?.deleted !== undefined;
      expect(isLostOnTime || merged(a, b).aspects).toEqual(isLostOnTime || whole?.aspects);
    }),
  );
});

it('changes nothing by what it knows already', () => {
  fc.assert(
    fc.property(several, (one) => {
      const a = known(one);
      if (a === undefined) return;
      expect(merged(a, a)).toEqual(a);
    }),
  );
});

it('takes nothing for there that is missing in a whole list of later', () => {
  const group = (members: Asset['aspects'][string]): Asset => ({
    type: 'AWS::EC2::SecurityGroup',
    id: 'sg-1',
    name: 'sg-1',
    firstSeen: 0,
    lastSeen: 0,
    history: [],
    aspects: { 'inbound rules': members },
  });
  const heard = group({ members: { ssh: 5, later: 12 }, gone: {} });
  const listed = group({ members: { web: 10 }, gone: {}, all: 10 });
  expect(merged(heard, listed).aspects['inbound rules']).toEqual({
    members: { later: 12, web: 10 },
    gone: { ssh: 10 },
    all: 10,
  });
});
