import { randomUUID } from 'node:crypto';
import type { BlockStore } from '../../store/block-store.ts';
import { defaultBlockPolicy } from '../../web/block.ts';
import type { Network } from '../../web/network.ts';
import { cidrText } from '../../web/network.ts';
import { testNow } from '../../web/testing/offences.ts';
import { createBlocker, type Blocker, type BlockerOptions } from '../blocker.ts';
import { EnforcementError, type Enforcement } from '../enforcement.ts';

/** A clock that stands still unless somebody sleeps. */
export interface TestClock {
  time: number;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export function testClock(time: number = testNow): TestClock {
  const clock: TestClock = {
    time,
    now: () => clock.time,
    sleep: async (ms) => {
      clock.time += ms;
    },
  };
  return clock;
}

/** A blocker on a clock that stands still, with what a test wants to be different. */
export function testBlocker(
  store: BlockStore,
  change: Partial<BlockerOptions> & { readonly clock?: TestClock } = {},
): Blocker {
  const { clock = testClock(), ...options } = change;
  return createBlocker({
    store,
    policy: defaultBlockPolicy,
    protections: [],
    lists: [],
    enforcements: [],
    dryRun: false,
    tools: { now: clock.now, sleep: clock.sleep, random: () => 0.5, newHolder: randomUUID },
    ...options,
  });
}

/** A list with tokens as AWS WAF's, in memory, that writes down every list it was given. */
export interface TestList extends Enforcement {
  entries: readonly Network[];
  readonly written: (readonly string[])[];
  /** Called before each change; may throw, or change the list behind the caller's back. */
  before: () => void;
  /** Changes the list as somebody else would. */
  readonly change: (entries: readonly Network[]) => void;
}

export function testList(name: string, change: Partial<Enforcement> = {}): TestList {
  let version = 0;
  const list: TestList = {
    name,
    family: undefined,
    capacity: 10_000,
    exclusive: false,
    pace: { name: 'test', apart: 5_000 },
    ...change,
    entries: [],
    written: [],
    before: () => {},
    change: (entries) => {
      list.entries = entries;
      version++;
    },
    read: async () => ({ entries: list.entries, token: String(version) }),
    write: async (entries, { token }) => {
      list.written.push(entries.map(cidrText));
      list.before();
      if (token !== String(version)) throw new EnforcementError('conflict', 'somebody else changed it');
      list.change(entries);
    },
  };
  return list;
}
