import { loadConfig } from '../../runtime/config.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import { startWorker } from '../../runtime/worker.ts';
import { exitCode } from '../failure.ts';
import { count, terminalOf, writeOut } from '../terminal.ts';
import { applyFlags, untilSignal, type ListenFlags } from './serve.ts';

export interface WorkerFlags extends ListenFlags {
  config?: string;
  raw?: boolean;
}

export async function runWorker(flags: WorkerFlags): Promise<number> {
  const config = applyFlags(loadConfig(flags.config, systemSecrets()), flags);
  const { controller } = config;
  const worker = await startWorker(
    { ...config, controller: controller && { ...controller, raw: flags.raw ?? controller.raw } },
    terminalOf(process.stderr).interactive,
  );
  const stopped = untilSignal(worker, new AbortController());
  const how = worker.rules === 0 ? 'sends every record' : `judges with ${count(worker.rules, 'rule')}`;
  await writeOut(`\nThe worker at ${worker.address} ${how} and sends to ${controller?.url}\n`);
  await stopped;
  return exitCode.ok;
}
