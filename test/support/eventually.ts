import { vi } from 'vitest';

/** Waits until a check holds: a busy machine takes its time, and who waits is told as soon as it is so. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 60_000, interval: 20 });
}
