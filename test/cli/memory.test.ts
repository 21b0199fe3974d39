import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, tocsin } from '../support/cli.ts';
import { record } from '../support/records.ts';

const files = 24;
const recordsOfFile = 1_000;
/** All of that, with each its own caller, is more than worth a second thread. */
const padding = 1_200;
/** These take 140 to 185 MB. Without bounds they take more than twice as much. */
const mostMegabytes = 200;

const folder = temporaryFolder();
afterAll(folder.remove);

/** The process tells its own peak: what the system tells a parent counts the parent's memory too, which it shares for a moment. */
const tellMemory = `data:text/javascript,${encodeURIComponent(
  `import { readFileSync } from 'node:fs';
  process.on('exit', () => process.stderr.write(/VmHWM:.*/.exec(readFileSync('/proc/self/status', 'utf8'))[0]));`,
)}`;

async function peakOf(args: readonly string[]): Promise<{ stdout: string; megabytes: number }> {
  const { stdout, stderr, code } = await tocsin(['scan', folder.path, ...args], {
    env: { NODE_OPTIONS: `--import=${tellMemory}` },
  });
  expect(code, stderr).toBe(0);
  const [, kilobytes] = /VmHWM:\s*(\d+)/.exec(stderr) ?? [];
  return { stdout, megabytes: Number(kilobytes) / 1024 };
}

beforeAll(() => {
  for (let file = 0; file < files; file++) {
    const records = Array.from({ length: recordsOfFile }, (_, i) => {
      const number = file * recordsOfFile + i;
      const name = `user-${number}`;
      const time = new Date(Date.UTC(2026, 10, 20) + number * 1_000).toISOString().slice(0, 19);
      // Odd ones stop a trail, even ones are refused, which a correlation counts for each caller.
      const call =
        number % 2 === 0
          ? { errorCode: 'AccessDenied' }
          : { eventSource: 'cloudtrail.amazonaws.com', eventName: 'StopLogging' };
      return record({
        userIdentity: { type: 'IAMUser', userName: name, arn: `arn:aws:iam::111122223333:user/${name}` },
        eventTime: `${time}Z`,
        userAgent: `${name} ${'x'.repeat(padding)}`,
        ...call,
      });
    });
    writeFileSync(join(folder.path, `${file}.json`), JSON.stringify({ Records: records }));
  }
});

describe.skipIf(!existsSync('/proc/self/status'))('the memory of a scan', () => {
  it.each(['1', '2'])(
    'stays small on %s threads where every record is an alert or waits for a correlation',
    async (threads) => {
      const { stdout, megabytes } = await peakOf(['--threads', threads]);
      expect(stdout).toContain(`${(files * recordsOfFile).toLocaleString('en')} records = 24,000 events`);
      expect(megabytes).toBeGreaterThan(20);
      expect(megabytes).toBeLessThan(mostMegabytes);
    },
    60_000,
  );
});
