import type { Requests } from '../event/requests.ts';
import { addressText, networkText, wordsInAddress } from './address.ts';
import type { ClientLedger, ClientNumbering, NumberedClients } from './client-ledger.ts';
import { kernelClients } from './kernel-clients.ts';
import { plainClients, type PlainClients } from './plain-clients.ts';
import type { KernelSource } from './traffic-kernel.ts';

export interface ClientTableSettings extends ClientNumbering {
  /** Does it faster, as soon as there is one. */
  readonly kernel?: KernelSource | undefined;
}

/**
 * The clients that were seen lately, as small whole numbers, so that whoever counts by client does it in arrays. A number is given to
 * another client only after `drainEvicted` has named it.
 */
export interface ClientTable {
  /**
   * The client of each row; -1 where there is no readable address. Where the connection comes from a configured proxy it is the last hop of
   * `X-Forwarded-For` that is none. Valid until the next call.
   */
  readonly idsOf: (requests: Requests) => Int32Array;
  readonly textOf: (id: number) => string;
  /** The network of a client, such as `2001:db8:1:2::/64`. */
  readonly networkOf: (id: number, v4Prefix: number, v6Prefix: number) => string;
  /** The addresses of all clients: that of `id` begins at `4 * id`. Another array after the table has grown. */
  readonly words: () => Uint32Array;
  /**
   * The addresses of the rows of the last batch, four words each, which lie together there; of rows without a client anything. Undefined where
   * they are not at hand.
   */
  readonly rowWords: () => Uint32Array | undefined;
  /** Clients that were forgotten, the least recently seen, since the last call. Their numbers may be in use again. */
  readonly drainEvicted: () => readonly number[];
  readonly counters: {
    /** Clients known now. */
    readonly known: number;
    readonly evicted: number;
    /** Rows without a readable address. */
    readonly unreadable: number;
    /** Rows for whose client there was no room, because every client known was seen in the same batch. */
    readonly crowdedOut: number;
  };
}

export function clientTable(settings: ClientTableSettings): ClientTable {
  const ledger: ClientLedger = {
    counters: { known: 0, evicted: 0, unreadable: 0, crowdedOut: 0 },
    evicted: [],
  };
  let plain: PlainClients | undefined = plainClients(settings, ledger);
  let numbered: NumberedClients = plain;
  return {
    idsOf: (requests) => {
      if (plain !== undefined) {
        const kernel = settings.kernel?.at(requests);
        if (kernel !== undefined) {
          numbered = kernelClients(kernel, settings, ledger, plain.state());
          plain = undefined;
        }
      }
      return numbered.idsOf(requests);
    },
    textOf: (id) => addressText(numbered.words(), id * wordsInAddress),
    networkOf: (id, v4Prefix, v6Prefix) =>
      networkText(numbered.words(), id * wordsInAddress, v4Prefix, v6Prefix),
    words: () => numbered.words(),
    rowWords: () => numbered.rowWords?.(),
    drainEvicted: () => ledger.evicted.splice(0),
    counters: ledger.counters,
  };
}
