/** What a route owes only later, and only under a condition. */
export type RouteCause =
  /** Only while nobody has acknowledged the alert. */
  | {
      readonly type: 'escalation';
      readonly route: string;
      /** 1 is the first after those who were told at once. */
      readonly step: number;
      readonly minutes: number;
    }
  /** Only while the alert has not reached all of these channels. */
  | {
      readonly type: 'fallback';
      readonly route: string;
      readonly channels: readonly string[];
      readonly minutes: number;
    };

/** Why a delivery is owed only under a condition, which is looked at when its time has come. */
export type DeliveryCause =
  | RouteCause
  /** Only while the channel is not told of a worse alert about the same client of a web site. */
  | { readonly type: 'client' };

/** `escalation 2 of "nights": nobody had acknowledged it after 15 minutes` */
export function causeWords(cause: RouteCause): string {
  const after = `${cause.minutes} minute${cause.minutes === 1 ? '' : 's'}`;
  switch (cause.type) {
    case 'escalation':
      return `escalation ${cause.step} of "${cause.route}": nobody had acknowledged it after ${after}`;
    case 'fallback':
      return `fallback of "${cause.route}": it had not reached ${cause.channels.join(' and ')} after ${after}`;
  }
}
