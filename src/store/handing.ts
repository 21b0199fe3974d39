import { standingOf } from '../alert/standing.ts';
import type { Attendant, Room } from './attendant.ts';
import type { OwedDelivery } from './owed.ts';
import { deliveryRow, readAlert, type NewDeliveryRow } from './rows.ts';
import type { Delivery } from './delivery.ts';

/** What one transaction hands to those who attend its channels. */
export interface Handing {
  /** A delivery as it is to be stored. */
  readonly row: (
    alert: { readonly id: string; readonly sequence: number; readonly text: string },
    owed: OwedDelivery,
    now: number,
  ) => NewDeliveryRow;
  /** A channel is owed what is to be claimed. */
  readonly leave: (channel: string) => void;
  /** To be called once, when all that is handed over is written; while it is brought onto the disk there is time for this. */
  readonly prepare: () => void;
  /** To be called once: whether what was written is durable. */
  readonly end: (isDurable: boolean) => void;
}

interface Handed {
  readonly room: Room;
  readonly rows: { readonly id: string; readonly channel: string; readonly text: string }[];
  deliveries: readonly Delivery[];
  isMore: boolean;
}

export function beginHanding(attendants: ReadonlyMap<string, Attendant>, place: string): Handing {
  const handed = new Map<string, Handed>();

  function handedTo(channel: string): Handed | undefined {
    const known = handed.get(channel);
    if (known !== undefined) return known;
    const room = attendants.get(channel)?.room();
    if (room === undefined) return undefined;
    const begun: Handed = { room, rows: [], deliveries: [], isMore: false };
    handed.set(channel, begun);
    return begun;
  }

  function leave(channel: string): void {
    const to = handedTo(channel);
    if (to !== undefined) to.isMore = true;
  }

  return {
    row: (alert, owed, now) => {
      const row = deliveryRow(alert, owed, now);
      if (row.phase !== 'ready') return row;
      const to = handedTo(owed.channel);
      if (to === undefined) return row;
      const isHanded = owed.cause === undefined && !to.isMore && to.rows.length < to.room.limit;
      if (!isHanded) {
        to.isMore = true;
        return row;
      }
      to.rows.push({ id: row.id, channel: owed.channel, text: alert.text });
      return { ...row, phase: 'leased', due: to.room.leaseUntil, attempts: 1 };
    },
    leave,
    prepare: () => {
      for (const to of handed.values()) to.deliveries = to.rows.map((row) => firstDelivery(row, place));
    },
    end: (isDurable) => {
      for (const { room, deliveries, isMore } of handed.values())
        room.take(isDurable ? deliveries : [], isDurable && isMore);
    },
  };
}

/** As whoever claims it would read it. */
function firstDelivery(
  { id, channel, text }: { readonly id: string; readonly channel: string; readonly text: string },
  place: string,
): Delivery {
  const alert = readAlert(text, place);
  return {
    id,
    channel,
    alert,
    standing: standingOf(alert),
    attempts: 0,
    revision: 0,
    told: undefined,
    owedSince: undefined,
  };
}
