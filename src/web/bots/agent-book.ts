import { sentText, type Escaping, type Requests } from '../../event/requests.ts';
import { byteHash } from '../byte-hash.ts';

export interface AgentBookSettings {
  /** The most agents that are known at once, a power of two and at least 4; about 600 bytes each. */
  readonly capacity?: number | undefined;
  /** Different for every process. */
  readonly seed?: number | undefined;
}

/**
 * What was judged of user agents, by the bytes that stand in the log: an agent is decoded and judged when it is first seen, and after that costs a
 * hash and a comparison. Only the first `agentBytes` bytes count. Many agents at once push the oldest out, and cost time but no memory.
 */
export interface AgentBook<T> {
  /** The page of a row's agent, which is good until the next call; -1 where the row has none. */
  readonly pageOf: (requests: Requests, row: number) => number;
  readonly judgementAt: (page: number) => T | undefined;
  readonly counters: { readonly judged: number };
}

export const agentBytes = 512;
export const defaultAgents = 8_192;
/** Pages on which an agent may stand. */
const ways = 4;
const escapings: Readonly<Record<Escaping, number>> = { none: 1, percent: 2, backslash: 3 };

/**
 * @param judged is told the page and the judgement of each agent that is new on it, and says whether an agent must be that one to the byte. Where
 * its 64 bits of hash are enough, somebody who finds another agent with the same hash gains no more than by sending that agent.
 */
export function agentBook<T>(
  judge: (text: string) => T,
  judged: (page: number, judgement: T) => boolean = () => true,
  { capacity = defaultAgents, seed = 0 }: AgentBookSettings = {},
): AgentBook<T> {
  const hash = byteHash(seed);
  const copies = new Uint8Array(capacity * agentBytes);
  const copyView = new DataView(copies.buffer);
  /** The other half of the hash, and length and escaping; 0 for a page on which nothing stands. */
  const marks = new Int32Array(capacity);
  const shapes = new Int32Array(capacity);
  const exact = new Uint8Array(capacity);
  const judgements: (T | undefined)[] = Array.from({ length: capacity }, () => undefined);
  /** Where in each set the next one goes. */
  const turns = new Uint8Array(capacity / ways);
  const setMask = capacity / ways - 1;
  const counters = { judged: 0 };
  let viewed: Uint8Array = new Uint8Array(0);
  let view = new DataView(viewed.buffer);

  const isSame = (page: number, start: number, length: number): boolean => {
    const at = page * agentBytes;
    const sent = view;
    let i = 0;
    for (const whole = length - 3; i < whole; i += 4)
      if (sent.getInt32(start + i, true) !== copyView.getInt32(at + i, true)) return false;
    for (; i < length; i++) if (sent.getUint8(start + i) !== copyView.getUint8(at + i)) return false;
    return true;
  };

  return {
    counters,
    pageOf: (requests, row) => {
      const { bytes, text } = requests;
      const start = text.agent.start[row] ?? 0;
      const length = Math.min((text.agent.end[row] ?? 0) - start, agentBytes);
      if (length <= 0) return -1;
      if (bytes !== viewed) {
        viewed = bytes;
        view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      }
      hash.take(bytes, start, start + length);
      const set = (hash.low & setMask) * ways;
      const shape = length * 4 + escapings[requests.escaping];
      for (let page = set; page < set + ways; page++)
        if (
          marks[page] === hash.high &&
          shapes[page] === shape &&
          (exact[page] === 0 || isSame(page, start, length))
        )
          return page;
      const turn = turns[set / ways] ?? 0;
      turns[set / ways] = (turn + 1) % ways;
      const page = set + turn;
      const sent = bytes.subarray(start, start + length);
      copies.set(sent, page * agentBytes);
      marks[page] = hash.high;
      shapes[page] = shape;
      const judgement = judge(sentText(sent, requests.escaping, 'agent'));
      judgements[page] = judgement;
      counters.judged++;
      exact[page] = judged(page, judgement) ? 1 : 0;
      return page;
    },
    judgementAt: (page) => judgements[page],
  };
}
