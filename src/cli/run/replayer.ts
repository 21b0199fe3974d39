import * as z from 'zod';
import { replayedSchema } from '../../api/replay.ts';
import { createLog } from '../../runtime/log.ts';
import type { Config } from '../../runtime/config-schema.ts';
import { openReplay } from '../../runtime/open-replay.ts';
import type { Replayed } from '../../runtime/replay.ts';
import type { StoredRejection, Store } from '../../store/store.ts';
import { CliFailure } from '../failure.ts';
import { terminalOf } from '../terminal.ts';

/** Whoever replays: this process, or the server that has the store. */
export interface Replayer {
  readonly replay: (
    rejections: readonly StoredRejection[],
    isDryRun: boolean,
  ) => Promise<readonly Replayed[]>;
  readonly close: () => Promise<void>;
}

export async function openReplayer(config: Config, store: Store): Promise<Replayer> {
  const leadership = await store.lead();
  if (leadership === undefined) return byServer(config);
  try {
    const log = createLog('warn', terminalOf(process.stderr).interactive);
    const one = await openReplay(config, store, leadership, log);
    return {
      replay: async (rejections, isDryRun) => {
        const results: Replayed[] = [];
        for (const rejection of rejections) results.push(await one(rejection, isDryRun));
        return results;
      },
      close: () => leadership.release(),
    };
  } catch (error) {
    await leadership.release();
    throw error;
  }
}

const answerSchema = z.object({ results: z.array(replayedSchema) });

/** What correlations and assets remember is in the memory of the server that leads. */
function byServer(config: Config): Replayer {
  const address = `http://${config.server.listen.replace('0.0.0.0:', '127.0.0.1:').replace('[::]:', '[::1]:')}`;
  const key = config.server.keys.find(({ scope }) => scope === 'all')?.key;
  if (key === undefined && config.server.keys.length > 0)
    throw new CliFailure(
      `a server has the store, and is to be asked at ${address}: that needs a key of scope 'all' in server.keys; add one, or stop the server meanwhile`,
    );
  return {
    replay: async (rejections, dryRun) => {
      if (rejections.length === 0) return [];
      const body = rejections.map(({ reason, length, provenance, bytes }) => ({
        reason,
        length,
        provenance,
        bytes: Buffer.from(bytes).toString('base64'),
      }));
      let answer: Response;
      try {
        answer = await fetch(`${address}/v1/rejections/replay`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
          body: JSON.stringify({ dryRun, rejections: body }),
        });
      } catch {
        throw new CliFailure(
          `a server has the store, and does not answer at ${address}; name its configuration with --config, or stop it meanwhile`,
        );
      }
      if (answer.status !== 200)
        throw new CliFailure(
          `the server at ${address} answered ${answer.status} when it was asked to replay`,
        );
      return answerSchema.parse(await answer.json()).results;
    },
    close: async () => {},
  };
}
