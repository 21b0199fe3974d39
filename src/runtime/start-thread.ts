import { flushCompileCache, getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a thread with a module of this folder as its body, given by its name without extension.
 * @throws where this process may start none (Node's permission model).
 */
export function startThread(
  module: string,
  options: Pick<WorkerOptions, 'workerData' | 'resourceLimits'>,
): Worker {
  // Node runs TypeScript as it is here, and what the build made of it in an installed package.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const body = new URL(`./${module}.${extension}`, import.meta.url).href;
  // A thread compiles everything anew, and loads what takes the types off, unless it is told where compiled code is kept.
  // What this thread has compiled in this very run is written there now, and not only at its end.
  const compiled = getCompileCacheDir();
  if (compiled !== undefined) flushCompileCache();
  const start = `import(${JSON.stringify(body)})`;
  const text =
    compiled === undefined
      ? start
      : `const { enableCompileCache, flushCompileCache } = require('node:module');
        enableCompileCache(${JSON.stringify(dirname(compiled))});
        ${start}.then(() => flushCompileCache());`;
  return new Worker(text, { eval: true, ...options });
}
