import type { Insertable } from 'kysely';
import { standingOf } from '../alert/standing.ts';
import type { Attendant, Room } from './attendant.ts';
import type { OwedDelivery } from './owed.ts';
import { deliveryRow, readAlert } from './rows.ts';
import type { DeliveryRow } from './schema.ts';
import type { Delivery } from './delivery.ts';

/** What one transaction hands to those who attend its channels. */
export interface Handing {
  /** A delivery as it is to be stored. */
  readonly row: (
    alert: { readonly id: string; readonly sequence: number; readonly text: string },
    owed: OwedDelivery,
    now: number,
  ) => Insertable<DeliveryRow>;
  /** A channel is owed what is to be claimed. */
  readonly leave: (channel: string) => void;
  /** To be called once: whether what was written is durable. */
  readonly end: (isDurable: boolean) => void;
}

interface Handed {
  readonly room: Room;
  readonly deliveries: Delivery[];
  isMore: boolean;
}

export function beginHanding(attendants: ReadonlyMap<string, Attendant>, place: string): Handing {
  const handed = new Map<string, Handed>();

  function handedTo(channel: string): Handed | undefined {
    const known = handed.get(channel);
    if (known !== undefined) return known;
    const room = attendants.get(channel)?.room();
    if (room === undefined) return undefined;
    const begun: Handed = { room, deliveries: [], isMore: false };
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
      const isHanded = owed.cause === undefined && !to.isMore && to.deliveries.length < to.room.limit;
      if (!isHanded) {
        to.isMore = true;
        return row;
      }
      // As whoever claims it would read it.
      const read = readAlert(alert.text, place);
      to.deliveries.push({
        id: row.id,
        channel: owed.channel,
        alert: read,
        standing: standingOf(read),
        attempts: 0,
        revision: 0,
        told: undefined,
        changedAt: undefined,
      });
      return { ...row, phase: 'leased', due: to.room.leaseUntil, attempts: 1 };
    },
    leave,
    end: (isDurable) => {
      for (const { room, deliveries, isMore } of handed.values())
        room.take(isDurable ? deliveries : [], isDurable && isMore);
    },
  };
}
