import { describe, expect, it } from 'vitest';
import { readFeed, type FeedShape } from '../context/intel/feed.ts';
import { readFeedApart } from './read-feed-apart.ts';

const rows = Array.from(
  { length: 20_000 },
  (_, n) =>
    `${n % 2 === 0 ? `203.0.${n >> 8}.${n & 255}` : `host-${n}.example`},Emotet ${n % 7},2026-12-0${(n % 9) + 1}T00:00:00Z`,
);
const csv = Buffer.from(`value,malware,valid_until\n${rows.join('\n')}\n10.99.0.0/16,net,\n`);
const time = Date.UTC(2026, 10, 21);

describe('a large feed, read on a thread of its own', () => {
  it.each<[string, Buffer, FeedShape]>([
    ['is what it is when read here', csv, {}],
    ['is refused for the same reason', Buffer.from(`{${' '.repeat(300_000)}`), {}],
    ['of another form is refused too', csv, { column: 'nowhere' }],
  ])('%s', async (_, bytes, shape) => {
    const apart = await readFeedApart(bytes, shape);
    const here = readFeed(bytes, shape);
    expect(apart.type).toBe(here.type);
    const plain = (read: typeof apart) =>
      read.type === 'refused'
        ? read
        : {
            ...read.contents,
            set: [
              read.contents.set.size,
              read.contents.set.counts,
              ['203.0.4.4', '10.99.3.4', '192.0.2.1'].map((one) =>
                read.contents.set.find('address', one, time),
              ),
              ['host-19999.example', 'host-2.example'].map((one) =>
                read.contents.set.find('domain', one, time),
              ),
            ],
          };
    expect(plain(apart)).toEqual(plain(here));
  });

  it('finds what it names', async () => {
    const read = await readFeedApart(csv, {});
    const set = read.type === 'read' ? read.contents.set : undefined;
    expect(set?.find('domain', 'host-9.example', time)).toEqual({
      label: 'Emotet 2',
      until: Date.UTC(2026, 11, 1),
    });
    expect(set?.find('domain', 'host-9.example', Date.UTC(2026, 11, 1))).toBeUndefined();
  });
});
