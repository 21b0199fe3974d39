import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { alertLine, changeLine, formatSetting } from './alert-line.ts';
import type { Answer, Sender } from './channel.ts';
import { messagesAtOnce, sharedSettings } from './settings.ts';

/** Alerts as lines of a file, for an agent that reads it. Opened anew for each batch, so that it may be rotated at any time. */

export const fileSettings = z.strictObject({
  type: z.literal('file').describe('Lines in a file, for an agent to read.'),
  ...sharedSettings,
  // Each write takes all that is there, and lines are read in order.
  messagesAtOnce: messagesAtOnce(1),
  path: z
    .string()
    .min(1)
    .max(4096)
    .refine((path) => isAbsolute(path) && !path.includes('\0'), 'is no absolute path')
    .describe(
      'Path of the file, absolute. Its folder must exist; the file is made where it does not, readable by its owner alone.',
    ),
  format: formatSetting.default('json'),
  maxBytes: z
    .int()
    .min(2048)
    .max(1_048_576)
    .default(65_536)
    .describe('Longest line in bytes. What does not fit is left out, beginning with the raw event.'),
  changes: z
    .boolean()
    .default(false)
    .describe('Write a line also when the status, the severity or the count of an alert changes.'),
});

export type FileSettings = z.output<typeof fileSettings>;

export const file = {
  type: 'file' as const,
  settings: fileSettings,

  open(settings: FileSettings): Sender {
    const { format, maxBytes, path } = settings;
    return {
      most: 200,
      send: async (messages) => {
        const lines = messages.map(({ alert, context }) => alertLine(alert, context, format, maxBytes));
        const answer = await append(path, lines);
        return messages.map(() => answer);
      },
      ...(settings.changes
        ? { follow: ({ alert, context }) => append(path, [changeLine(alert, context, format, maxBytes)]) }
        : {}),
    };
  },
};

/** One write and one flush for all, so that a reader sees whole lines and what is answered for is on the disk. */
async function append(path: string, lines: readonly string[]): Promise<Answer> {
  try {
    const handle = await open(path, 'a+', 0o600);
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      // A line that a crash or a full disk has cut must not run into the next one.
      const start = size > 0 && last[0] !== 0x0a ? '\n' : '';
      await handle.appendFile(`${start}${lines.join('\n')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return { type: 'accepted' };
  } catch (error) {
    return fileFailure(error);
  }
}

const mend: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist; make it, or change `path`',
  ENOTDIR: 'what should be its folder is none; change `path`',
  EISDIR: 'is a folder; change `path`',
  EACCES: 'this process may not write to it; change its owner or rights',
  EPERM: 'this process may not write to it; change its owner or rights',
  EROFS: 'lies on a disk that is read-only; change `path`',
  ELOOP: 'is a link that leads to itself; change `path`',
};

function fileFailure(error: unknown): Answer {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const way = Object.hasOwn(mend, code) ? mend[code] : undefined;
  if (way !== undefined) return { type: 'closed', reason: `the file: ${way}` };
  return {
    type: 'later',
    reason: `the file cannot be written${/^E[A-Z]{2,20}$/.test(code) ? ` (${code})` : ''}`,
  };
}
