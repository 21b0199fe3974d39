import { setTimeout as sleep } from 'node:timers/promises';
import { readStory, storyPath } from '../../runtime/story.ts';

/** How long the telling takes, however long the story. */
const tellingMs = 12_000;

/** Plays the sample story to a running server over HTTP, as a forwarder would, until told or aborted. Returns the number of records sent. */
export async function playStory(address: string, signal: AbortSignal): Promise<number> {
  const steps = await readStory(storyPath, Date.now());
  const length = Math.max(1, ...steps.map((step) => step.afterSeconds));
  let told = 0;
  let sent = 0;
  for (const { afterSeconds, record } of steps) {
    const due = (afterSeconds / length) * tellingMs;
    if (due > told) await sleep(due - told, undefined, { signal }).catch(() => undefined);
    told = Math.max(told, due);
    if (signal.aborted) break;
    const answer = await fetch(`${address}/v1/events`, {
      method: 'POST',
      body: JSON.stringify(record),
      headers: { 'content-type': 'application/json' },
      signal,
    });
    if (!answer.ok)
      throw new Error(
        `the server answered ${answer.status} to a record of the story: ${await answer.text()}`,
      );
    sent++;
  }
  return sent;
}
