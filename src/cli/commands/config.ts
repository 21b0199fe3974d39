import type { Command } from 'commander';
import { loadConfig, configJsonSchema, defaultConfigPath } from '../../runtime/config.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import { builtinRules, loadRules } from '../../runtime/load-rules.ts';
import { checkListen } from '../../api/loopback.ts';
import { splitListen } from '../../runtime/listen.ts';
import { formatProblem } from '../../sigma/problem.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { count, writeOut } from '../terminal.ts';

export function addConfig(program: Command, finish: (code: number) => void): void {
  const config = program.command('config').description('check the configuration file');
  config
    .command('check')
    .description(
      'read the configuration, the secrets that it points to and the rules, and tell what is wrong',
    )
    .argument('[file]', `the file (default: ${defaultConfigPath} here, where there is one)`)
    .action(async (file: string | undefined) => finish(await check(file)));
  config
    .command('schema')
    .description('print the JSON schema of the configuration, for editors')
    .action(async () => {
      await writeOut(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
      finish(exitCode.ok);
    });
}

async function check(file: string | undefined): Promise<number> {
  const config = loadConfig(file, systemSecrets());
  const { host } = splitListen(config.server.listen);
  const refusal = checkListen(host, config.server.keys);
  if (refusal !== undefined) throw new CliFailure(`server.listen: ${refusal}`);
  const { rules, problems } = await loadRules([
    ...(config.rules.builtin ? [builtinRules] : []),
    ...config.rules.folders,
  ]);
  const unknown = config.rules.disabled.filter((id) => !rules.some((rule) => rule.id === id));
  const wrong = [
    ...problems.map(formatProblem),
    ...unknown.map((id) => `rules.disabled: no rule has the id ${id}`),
  ];
  if (wrong.length > 0) throw new CliFailure(wrong.join('\n'));
  const channels = Object.entries(config.channels).map(([name, { type }]) => `${name} (${type})`);
  await writeOut(
    `The configuration is good: ${count(rules.length - config.rules.disabled.length, 'rule')}, listening on ${config.server.listen}, ` +
      `${channels.length > 0 ? `channels ${channels.join(', ')}` : 'no channels'}, ` +
      `${count(config.sources.folders.length, 'folder')} and ${count(config.sources.s3.length, 'queue')} to read.\n`,
  );
  return exitCode.ok;
}
