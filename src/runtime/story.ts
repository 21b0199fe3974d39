import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

/** The story that `tocsin serve --demo` plays. */
export const storyPath: string = fileURLToPath(new URL('../../examples/story/story.json', import.meta.url));

/** What the bookshop of the story would write into its configuration. */
export const storyEstate = {
  networks: [{ name: 'Fernweh Books', ranges: ['198.51.100.0/24'] }],
};

const storyFile = z.array(
  z.object({
    afterSeconds: z.number().min(0),
    comment: z.string(),
    record: z.record(z.string(), z.unknown()),
  }),
);

export interface StoryStep {
  readonly afterSeconds: number;
  /** What happens here, for those who read the file. */
  readonly comment: string;
  /** A CloudTrail record, complete with time and id. */
  readonly record: Readonly<Record<string, unknown>>;
}

/** The story as if its last step happened at `end`. Ids depend on the time alone, so that the same telling has the same ids. */
export async function readStory(path: string, end: number): Promise<readonly StoryStep[]> {
  const steps = storyFile.parse(JSON.parse(await readFile(path, 'utf8')));
  const last = Math.max(...steps.map((step) => step.afterSeconds));
  return steps
    .map((step, i) => {
      const time = end - (last - step.afterSeconds) * 1000;
      const eventTime = `${new Date(time).toISOString().slice(0, 19)}Z`;
      return {
        ...step,
        record: { eventVersion: '1.11', ...step.record, eventTime, eventID: uuidFrom(`${end}:${i}`) },
      };
    })
    .sort((a, b) => a.afterSeconds - b.afterSeconds);
}

function uuidFrom(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
