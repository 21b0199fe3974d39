import type { Alert } from '../alert/alert.ts';

/** Whether what happened has an account and a region, known or not: requests to a site that somebody runs have neither. */
export function isAtAnAccount({ what, where }: Pick<Alert, 'what' | 'where'>): boolean {
  return what.kind !== 'access-log.request' || where.account !== undefined || where.region !== undefined;
}
