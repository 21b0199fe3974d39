import type { Event } from '../event/event.ts';
import type { WorkerSettings } from './config-workers.ts';

/** Why a worker may not send these events, or undefined where it speaks for the accounts of all of them. */
export type WhyNotSent = (worker: string, events: readonly Event[]) => string | undefined;

/** The one check of what comes from workers, whether it comes now or is tried again. */
export function workerAccounts(workers: readonly WorkerSettings[]): WhyNotSent {
  const settings = new Map(workers.map((worker) => [worker.name, worker]));
  return (worker, events) => {
    const known = settings.get(worker);
    if (known === undefined)
      return `worker ${worker} may not send this: it is not among the workers of the configuration (any more), which say for which accounts each speaks`;
    const { accounts } = known;
    if (accounts === undefined) return undefined;
    const foreign = events.find(({ account }) => account === undefined || !accounts.includes(account));
    if (foreign === undefined) return undefined;
    const whose = foreign.account === undefined ? 'names no account' : `is of account ${foreign.account}`;
    return `worker ${worker} may not send this: the event ${whose}; its 'accounts' in the configuration say for which it speaks`;
  };
}
