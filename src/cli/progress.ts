import { formatBytes } from './terminal.ts';

export interface Progress {
  readonly update: (bytesDone: number, records: number) => void;
  /** Takes the bar away while something else is printed. */
  readonly clear: () => void;
  readonly stop: () => void;
}

const silent: Progress = { update: () => {}, clear: () => {}, stop: () => {} };
const betweenDraws = 100;
const endings = ['SIGINT', 'SIGTERM'] as const;

/** A bar on standard error with rate and time left; silent unless that is a terminal. */
export async function startProgress(
  totalBytes: number,
  enabled: boolean,
  clock: () => number,
): Promise<Progress> {
  if (!enabled || totalBytes === 0) return silent;
  const { SingleBar } = await import('cli-progress');
  const started = clock();
  const bar = new SingleBar({
    format: '{bar} {percentage}%  {done} of {size}  {records} records  {rate}/s  {eta_formatted} left',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    etaBuffer: 50,
    stream: process.stderr,
  });
  const fields = (bytes: number, records: number) => ({
    done: formatBytes(bytes),
    size: formatBytes(totalBytes),
    records: records.toLocaleString('en'),
    rate: formatBytes((bytes * 1000) / Math.max(1, clock() - started)),
  });
  // The bar hides the cursor; who is interrupted must give it back and then end as if nothing had been caught.
  const interrupted = (signal: NodeJS.Signals) => {
    stop();
    process.kill(process.pid, signal);
  };
  let stopped = false;
  const stop = () => {
    if (stopped) return;
    stopped = true;
    for (const signal of endings) process.off(signal, interrupted);
    // The bar ends by jumping back to where the cursor was at its start. Alerts have scrolled that place away, and what
    // comes next would be written over them, so let it be here (ESC 7).
    process.stderr.write('\r\u001b[K\u001b7');
    bar.stop();
  };
  for (const signal of endings) process.on(signal, interrupted);
  bar.start(totalBytes, 0, fields(0, 0));
  let drawn = started;
  return {
    update: (bytes, records) => {
      if (clock() - drawn < betweenDraws) return;
      drawn = clock();
      bar.update(Math.min(bytes, totalBytes), fields(bytes, records));
    },
    clear: () => process.stderr.write('\r\u001b[K'),
    stop,
  };
}
