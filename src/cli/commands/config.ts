import type { Command } from 'commander';
import { defaultConfigPath } from '../../runtime/config-error.ts';

const run = () => import('../run/config.ts');

export function addConfig(program: Command, finish: (code: number) => void): void {
  const config = program.command('config').description('check the configuration file');
  config
    .command('check')
    .description(
      'read the configuration, the secrets that it points to and the rules, and tell what is wrong',
    )
    .argument('[file]', `the file (default: ${defaultConfigPath} here, where there is one)`)
    .action(async (file: string | undefined) => finish(await (await run()).checkConfig(file)));
  config
    .command('schema')
    .description('print the JSON schema of the configuration, for editors')
    .action(async () => {
      finish(await (await run()).printConfigSchema());
    });
}
