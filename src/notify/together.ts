import type { Answer, Means } from './channel.ts';

/** Of one call: one answer for all that was in it, or one for each, in their order. */
export type CallAnswer = Answer | readonly Answer[];

/**
 * Sends several messages in one call. Where a receiver refuses the call as a whole, it is halved until the refusal is of one message alone: what one
 * hostile or odd message brings about must not happen to those that it came with. One answer for each, in their order.
 */
export async function sendTogether<Item>(
  items: readonly Item[],
  means: Pick<Means, 'signal' | 'timeoutMs'>,
  call: (items: readonly Item[]) => Promise<CallAnswer>,
): Promise<readonly Answer[]> {
  // Who uses up the whole time of the attempt is not heard, and would begin the next one with the same.
  let isLate = false;
  const patience = setTimeout(() => {
    isLate = true;
  }, means.timeoutMs / 2);
  const send = async (some: readonly Item[]): Promise<readonly Answer[]> => {
    if (isLate || means.signal.aborted) return some.map(() => postponed);
    const answer = await call(some);
    if (isEach(answer)) return answer;
    if (answer.type !== 'refused' || some.length <= 1) return some.map(() => answer);
    const middle = Math.ceil(some.length / 2);
    return [...(await send(some.slice(0, middle))), ...(await send(some.slice(middle)))];
  };
  try {
    return await send(items);
  } finally {
    clearTimeout(patience);
  }
}

function isEach(answer: CallAnswer): answer is readonly Answer[] {
  return Array.isArray(answer);
}

const postponed: Answer = {
  type: 'later',
  reason: 'one of the messages that were sent together is not taken; there was no time to find which',
};
