import type { Logger } from 'pino';
import type { RunningSource } from '../source/source.ts';
import type { Commit, RejectionLedger } from '../store/store.ts';
import { writeDeadLetters, type DeadLetterPlace } from './dead-letters.ts';

/** How often is looked for new ones. */
const everyMs = 5_000;
const atOnce = 500;
const source = 'dead-letters';

/**
 * Copies rejections out of the store before the store lets them go. Numbers of rejections that were taken out may be given again: where the
 * last one that was copied is no longer what it was, it begins anew, and copies some twice rather than one not at all.
 */
export async function keepDeadLetters(options: {
  readonly place: DeadLetterPlace;
  readonly ledger: RejectionLedger;
  readonly position: (source: string) => Promise<string | undefined>;
  readonly commit: (batch: Commit) => Promise<unknown>;
  readonly clock: () => number;
  readonly log: Logger;
  readonly everyMs?: number;
}): Promise<RunningSource> {
  const { place, ledger, log } = options;
  let at = readPosition(await options.position(source));
  let trouble: string | undefined;
  let underway: Promise<void> | undefined;

  async function copy(): Promise<void> {
    let { after, id } = at;
    if (after > 0) {
      const { rejections } = await ledger.page({ after: after - 1, limit: 1 });
      if (rejections[0]?.id !== id) after = 0;
    }
    for (;;) {
      const { rejections, next } = await ledger.page({ after, limit: atOnce });
      if (next === undefined) return;
      await writeDeadLetters(place, after + 1, rejections);
      after = next;
      id = rejections.at(-1)?.id ?? '';
      await options.commit({
        alerts: [],
        positions: [{ source, position: `${after}:${id}` }],
        now: options.clock(),
      });
      at = { after, id };
    }
  }

  function turn(): Promise<void> {
    underway ??= copy()
      .then(() => {
        trouble = undefined;
      })
      .catch((error: unknown) => {
        trouble = `rejections cannot be kept there: ${error instanceof Error ? error.message : String(error)}`;
        log.error(
          { place: place.name, err: error },
          'rejections cannot be copied out of the store; trying again',
        );
      })
      .finally(() => {
        underway = undefined;
      });
    return underway;
  }

  const timer = setInterval(() => void turn(), options.everyMs ?? everyMs);
  return {
    name: `dead letters in ${place.name}`,
    trouble: () => trouble,
    stop: async () => {
      clearInterval(timer);
      await underway;
      await turn();
    },
  };
}

/** The number and the id of the last one that was copied. */
function readPosition(stored: string | undefined): { readonly after: number; readonly id: string } {
  const [, after, id = ''] = /^(\d{1,15}):(\w*)$/.exec(stored ?? '') ?? [];
  return { after: Number(after ?? 0), id };
}
