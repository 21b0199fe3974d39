import type { Logger } from 'pino';
import type { AlertException } from '../alert/policy.ts';
import { breadthProblem, exceptionOf, type Suppression } from '../alert/suppression.ts';
import type { Json } from '../event/json.ts';
import { RuleError } from '../sigma/problem.ts';
import { readSelection } from '../sigma/selection.ts';
import type { LifeStore } from '../store/life-store.ts';
import { ofEvents, unknownFields } from './known-fields.ts';

/** The suppressions of the store, as the engine asks for them with each alert. */
export interface Suppressing {
  readonly current: () => readonly AlertException[];
  /** Reads them anew: to be called when one was made here, and every few seconds for those made elsewhere. */
  readonly refresh: () => Promise<void>;
}

export function createSuppressing(
  store: Pick<LifeStore, 'suppressions'>,
  log: Pick<Logger, 'error'>,
): Suppressing {
  let known = '';
  let exceptions: readonly AlertException[] = [];
  return {
    current: () => exceptions,
    refresh: async () => {
      const suppressions = await store.suppressions();
      const text = JSON.stringify(suppressions);
      if (text === known) return;
      exceptions = suppressions.flatMap((one) => compiled(one, log));
      known = text;
    },
  };
}

function compiled(suppression: Suppression, log: Pick<Logger, 'error'>): readonly AlertException[] {
  try {
    return [exceptionOf(suppression)];
  } catch (error) {
    log.error(
      { err: error, suppression: suppression.id },
      'a suppression cannot be read, and holds for nothing',
    );
    return [];
  }
}

/** Why a suppression could not be made with such a search; undefined where it can. */
export function searchProblem(when: Json): string | undefined {
  try {
    const search = readSelection(when);
    const [field] = unknownFields(search, ofEvents);
    return field === undefined
      ? breadthProblem(search)
      : `there is no field '${field}', so that it would never hold`;
  } catch (error) {
    if (error instanceof RuleError) return error.message;
    throw error;
  }
}
