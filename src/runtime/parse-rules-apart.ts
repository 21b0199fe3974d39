import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import type { ParsedRules } from '../sigma/parse.ts';
import type { ParsingSetup } from './parse-rules-thread.ts';
import { startThread } from './start-thread.ts';

/**
 * Reads rules on a thread of its own and keeps them. To read them takes half as much memory again as all that follows, and a thread gives
 * everything back when it ends. Undefined where this process may start none, and where rules are no plain data.
 */
export async function parseRulesApart(setup: ParsingSetup): Promise<ParsedRules | undefined> {
  let thread: Worker;
  try {
    thread = startThread('parse-rules-thread', { workerData: setup });
  } catch {
    return undefined;
  }
  try {
    const [parsed] = (await once(thread, 'message')) as [ParsedRules];
    return parsed;
  } catch {
    // Whatever it is, it is told where they are read here.
    return undefined;
  } finally {
    await thread.terminate();
  }
}
