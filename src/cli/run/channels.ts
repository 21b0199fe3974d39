import { randomUUID } from 'node:crypto';
import { deliver } from '../../notify/send.ts';
import { sampleAlert } from '../../notify/sample.ts';
import { bindSettings } from '../../notify/table.ts';
import { loadConfig } from '../../runtime/config.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { paint, terminalOf, writeOut } from '../terminal.ts';

const timeoutMs = 15_000;

export async function testChannels(names: readonly string[], file: string | undefined): Promise<number> {
  const config = loadConfig(file, systemSecrets());
  const known = Object.keys(config.channels);
  if (known.length === 0)
    throw new CliFailure(
      'no channels are configured; add one under `channels:` in tocsin.yaml (docs/configuration.md)',
    );
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new CliFailure(`there is no channel ${unknown.join(', ')}; configured are ${known.join(', ')}`);
  const terminal = terminalOf(process.stdout);
  let allTaken = true;
  for (const name of names.length > 0 ? names : known) {
    const settings = config.channels[name];
    if (settings === undefined) continue;
    const now = Date.now();
    const answer = await deliver(
      bindSettings(settings),
      sampleAlert(now),
      { idempotencyKey: `test-${randomUUID()}`, link: config.server.publicUrl, now },
      { fetch, timeoutMs, now: Date.now },
    );
    const taken = answer.type === 'accepted';
    allTaken &&= taken;
    const verdict =
      answer.type === 'accepted'
        ? paint(terminal, 'green', 'accepted')
        : `${paint(terminal, 'red', 'not taken')}: ${answer.reason}`;
    await writeOut(`${name} (${settings.type}): ${verdict}\n`);
  }
  return allTaken ? exitCode.ok : exitCode.findings;
}
