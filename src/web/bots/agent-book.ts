import { sentText } from '../../event/requests.ts';
import type { NumberedTexts } from '../numbered-texts.ts';

/**
 * What was judged of user agents, by their numbers: an agent is decoded and judged when it is first seen. Only the first `agentBytes` bytes
 * count.
 */
export interface AgentBook<T> {
  /** Judges the agents that are new. To be called for each batch before it asks. */
  readonly read: (agents: NumberedTexts) => void;
  /** What was judged of an agent, by its number; undefined for an empty one. */
  readonly judgementAt: (agent: number) => T | undefined;
  readonly counters: { readonly judged: number };
}

export const agentBytes = 512;

/** @param judged is told the number of each agent that was judged, and of an empty one, which has no judgement */
export function agentBook<T>(
  judge: (text: string) => T,
  judged: (agent: number, judgement: T | undefined) => void = () => {},
): AgentBook<T> {
  const judgements: (T | undefined)[] = [];
  const counters = { judged: 0 };
  let from: NumberedTexts | undefined;
  let generation = -1;
  return {
    counters,
    read: (agents) => {
      if (agents !== from || agents.generation !== generation) {
        from = agents;
        generation = agents.generation;
        judgements.length = 0;
      }
      for (let agent = judgements.length; agent < agents.size; agent++) {
        const start = agents.start[agent] ?? 0;
        const end = Math.min(agents.end[agent] ?? 0, start + agentBytes);
        if (end === start) {
          judgements.push(undefined);
          judged(agent, undefined);
          continue;
        }
        const judgement = judge(
          sentText(agents.bytes.subarray(start, end), agents.escapingOf(agent), 'agent'),
        );
        counters.judged++;
        judgements.push(judgement);
        judged(agent, judgement);
      }
    },
    judgementAt: (agent) => judgements[agent],
  };
}
