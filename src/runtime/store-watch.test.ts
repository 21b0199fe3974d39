import { describe, expect, it } from 'vitest';
import { StoreError, type StoreProblem } from '../store/error.ts';
import type { Commit, CommitResult } from '../store/store.ts';
import { sampleAlert } from '../store/testing/samples.ts';
import { watchStore } from './store-watch.ts';

const start = Date.UTC(2026, 10, 21, 9, 10);

const failure = (problem: StoreProblem) =>
  new StoreError(problem, {
    subject: 'commit',
    place: '/data/tocsin.db',
    reason: 'there is no room left on the disk',
    wayOut: 'make room',
  });

const something: Commit = { alerts: [{ alert: sampleAlert(1), channels: [] }], now: 1 };
const kept: CommitResult = { created: [], repeated: 1 };

/** A store that answers with what is next, and with the last for ever; a full disk can be had in no other way everywhere. */
function watched(...answers: readonly (() => CommitResult | Promise<CommitResult>)[]) {
  const commits: Commit[] = [];
  let now = start;
  const watch = watchStore(
    async (batch) => {
      commits.push(batch);
      const answer = answers[commits.length - 1] ?? answers.at(-1);
      return answer === undefined ? kept : answer();
    },
    () => (now += 60_000),
  );
  const commit = (batch = something) => watch.commit(batch).catch((error: unknown) => error);
  return { ...watch, commit, commits };
}

const fails = (problem: StoreProblem) => () => Promise.reject(failure(problem));
const succeeds = () => kept;

describe('a store that is watched', () => {
  it('is well before anything was committed, and after what was kept', async () => {
    const { trouble, commit } = watched(succeeds);
    expect(trouble()).toBeUndefined();
    expect(await commit()).toEqual(kept);
    expect(trouble()).toBeUndefined();
  });

  it('says what fails and since when, until something is kept again', async () => {
    const { trouble, commit } = watched(fails('full'), fails('full'), succeeds);
    expect(await commit()).toBeInstanceOf(StoreError);
    await commit();
    expect(trouble()).toBe(
      'nothing can be stored since 2026-11-21T09:11:00.000Z, and what comes in is refused: /data/tocsin.db: commit: there is no room left on the disk; make room',
    );
    await commit();
    expect(trouble()).toBeUndefined();
  });

  it.each<[StoreProblem, boolean]>([
    ['full', true],
    ['read-only', true],
    ['busy', true],
    ['unreachable', true],
    ['corrupt', true],
    ['failed', true],
    ['unfit', false],
    ['stale', false],
    ['superseded', false],
  ])('is in trouble by %s: %s', async (problem, isTrouble) => {
    const { trouble, commit } = watched(fails(problem));
    await commit();
    expect(trouble() !== undefined).toBe(isTrouble);
  });

  it('is still in trouble where what failed says nothing of the store, or nothing was to be stored', async () => {
    const { trouble, commit } = watched(fails('full'), fails('unfit'), succeeds);
    await commit();
    await commit();
    await commit({ alerts: [], state: [], now: 1 });
    expect(trouble()).toBeDefined();
  });

  it('is well only once what was kept is durable', async () => {
    const early = (durable: () => Promise<void>) => () => ({ ...kept, durable });
    const { trouble, commit } = watched(
      fails('full'),
      early(() => Promise.resolve()),
      early(() => Promise.reject(failure('failed'))),
    );
    await commit();
    const second = (await commit()) as CommitResult;
    expect(trouble()).toBeDefined();
    await second.durable?.();
    expect(trouble()).toBeUndefined();
    const third = (await commit()) as CommitResult;
    await expect(third.durable?.()).rejects.toBeInstanceOf(StoreError);
    expect(trouble()).toBeDefined();
  });

  it('is not well by what began before that which failed', async () => {
    const first = Promise.withResolvers<void>();
    const { trouble, commit } = watched(() => ({ ...kept, durable: () => first.promise }), fails('full'));
    const early = (await commit()) as CommitResult;
    const durable = early.durable?.();
    await commit();
    first.resolve();
    await durable;
    expect(trouble()).toBeDefined();
  });

  it('is tried by itself while it is in trouble, since nobody sends anything to a server that is not ready', async () => {
    const { trouble, commit, retry, commits } = watched(fails('full'), fails('full'), succeeds);
    await retry();
    expect(commits).toHaveLength(0);
    await commit();
    await retry();
    expect(trouble()).toContain('since 2026-11-21T09:11');
    await retry();
    expect(trouble()).toBeUndefined();
    expect(commits.slice(1)).toMatchObject([{ state: [{ key: 'store-watch' }] }, { state: [{}] }]);
    await retry();
    expect(commits).toHaveLength(3);
  });
});
