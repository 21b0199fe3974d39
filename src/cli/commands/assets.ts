import type { Command } from 'commander';
import { wholeNumber } from '../options.ts';
import type { ListFlags } from '../run/assets.ts';
import type { SnapshotFlags } from '../run/assets-snapshot.ts';
import { snapshotServices } from '../../source/snapshot/services.ts';

/** What is remembered of buckets, users and others: in the store of the configuration, or in a file. */
export function addAssets(program: Command, finish: (code: number) => void): void {
  const assets = program
    .command('assets')
    .description('what is remembered of buckets, users, groups and others');
  const withStore = (command: Command): Command =>
    command
      .option('-c, --config <file>', 'the configuration file, whose store is used')
      .option('--store <file>', 'use this SQLite file instead');

  withStore(assets.command('list'))
    .description('list remembered assets, those first that were heard of last')
    .argument('[text]', 'only where this is a part of the name, id or ARN')
    .option('--type <type>', 'only this type, such as AWS::S3::Bucket')
    .option('--account <id>', 'only this account')
    .option('--limit <n>', 'at most so many', wholeNumber, 100)
    .option('--json', 'as JSON, with all that is known')
    .action(async (text: string | undefined, flags: ListFlags) =>
      finish(await (await import('../run/assets.ts')).listAssets(text, flags)),
    );

  withStore(assets.command('show'))
    .description('show what is known of one asset: who made it, when, what was done to it since')
    .argument('<name>', 'its name, id or ARN')
    .option('--type <type>', 'of this type, where several have the name')
    .option('--json', 'as JSON')
    .action(async (name: string, flags: ListFlags) =>
      finish(await (await import('../run/assets.ts')).showAssets(name, flags)),
    );

  withStore(assets.command('forget'))
    .description('forget one asset, as if nothing had been seen of it')
    .argument('<name>', 'its name, id or ARN')
    .option('--type <type>', 'of this type, where several have the name')
    .action(async (name: string, flags: ListFlags) =>
      finish(await (await import('../run/assets.ts')).forgetAsset(name, flags)),
    );

  const snapshot = assets.command('snapshot');
  withStore(snapshot)
    .description(
      'look at an AWS account and remember what exists there; only reads, with the credentials that the AWS CLI would use',
    )
    .option('--profile <name>', 'use this profile of ~/.aws/config')
    .option('--regions <names...>', 'only these regions; all that are enabled, where left out')
    .addOption(
      snapshot
        .createOption('--services <names...>', 'only these services')
        .choices(snapshotServices)
        .default([...snapshotServices], 'all'),
    )
    .option('--dry-run', 'tell what is there, and write nothing')
    .option('--json', 'as JSON; with --dry-run, with all that was seen')
    .addHelpText(
      'after',
      `
Exit codes: 0 all was read, 1 some of it could not be read, 2 nothing could.`,
    )
    .action(async (flags: SnapshotFlags) =>
      finish(await (await import('../run/assets-snapshot.ts')).snapshotAssets(flags)),
    );
}
