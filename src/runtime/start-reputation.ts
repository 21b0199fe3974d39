import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { RunningSource } from '../source/source.ts';
import type { Config } from './config-schema.ts';
import { crawlerSettings, listSettings } from './config-reputation.ts';
import { openReputation, reputationPlace, type KnownAddresses, type Reputation } from './reputation.ts';

export interface ReputationSource extends RunningSource {
  /** What is known of addresses now. */
  readonly known: () => KnownAddresses;
  /** Resolves once all lists were looked at, or after some seconds: no server of somebody else's holds up a start. */
  readonly ready: Promise<void>;
}

/** How long a start waits for lists that are fetched; copies of an earlier run are there at once. */
const patienceMs = 3_000;

/**
 * Keeps the lists of `traffic.reputation` for as long as a server runs; undefined where there are none.
 * @param know told whenever one of them has changed
 */
export function startReputation(
  config: Pick<Config, 'data' | 'traffic' | 'blocking'>,
  know: (known: KnownAddresses) => void,
  log: Logger,
): ReputationSource | undefined {
  const { reputation } = config.traffic;
  if (listSettings(reputation).length + crawlerSettings(reputation).length === 0) return undefined;
  let known: KnownAddresses = { lists: [], crawlers: {}, own: { v4: [], v6: [] } };
  let opened: Reputation | undefined;
  const opening = openReputation({
    config: reputation,
    ...reputationPlace(config),
    clock: Date.now,
    log,
    changed: (next) => {
      known = next;
      know(next);
    },
  }).then(
    (lists) => {
      opened = lists;
    },
    (error: unknown) => log.error({ err: error }, 'lists of addresses could not be opened'),
  );
  return {
    name: 'lists of addresses',
    known: () => known,
    ready: Promise.race([opening, sleep(patienceMs, undefined, { ref: false })]),
    trouble: () => opened?.trouble(),
    stop: async () => {
      // What is being fetched is not waited for long: a copy takes the place of the one before in one step, or not at all.
      const stopped = opening.then(() => opened?.stop());
      await Promise.race([stopped, sleep(patienceMs, undefined, { ref: false })]);
    },
  };
}
