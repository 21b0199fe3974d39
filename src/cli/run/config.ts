import { loadConfig, configJsonSchema } from '../../runtime/config.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import { keptRulesFolder } from '../../runtime/cache-folder.ts';
import { keptEstate } from '../../runtime/live-estate.ts';
import { loadPipelines } from '../../runtime/load-pipelines.ts';
import { loadRules } from '../../runtime/load-rules.ts';
import { providerSources } from '../../runtime/config-context.ts';
import { listsFolder } from '../../runtime/reputation.ts';
import { rulePaths } from '../../runtime/packs.ts';
import { checkListen } from '../../api/loopback.ts';
import { splitListen } from '../../runtime/listen.ts';
import { formatProblem } from '../../sigma/problem.ts';
import { readPlaceSources } from '../../source/place-files.ts';
import { readProviderDocuments } from '../../source/providers.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { report } from './loaded.ts';
import { count, writeOut } from '../terminal.ts';

export async function checkConfig(file: string | undefined): Promise<number> {
  const config = loadConfig(file, systemSecrets());
  const { host } = splitListen(config.server.listen);
  const refusal = checkListen(host, config.server.keys);
  if (refusal !== undefined) throw new CliFailure(`server.listen: ${refusal}`);
  const { rules, correlations, problems } = await loadRules(
    rulePaths(config.rules),
    await loadPipelines(config.rules.pipelines, config.rules.placeholders),
    keptRulesFolder(),
  );
  const all = [...rules, ...correlations];
  const unknown = config.rules.disabled.filter((id) => !all.some((rule) => rule.id === id));
  const unusable: string[] = [];
  await readPlaceSources(config.context.places, (problem) =>
    unusable.push(`context.places.files: ${problem}`),
  );
  await readProviderDocuments(
    providerSources(config.context).filter(({ from }) => 'file' in from),
    listsFolder(config),
    (problem) => unusable.push(`context.places.providers: ${problem}`),
  );
  await keptEstate({ ...config, estate: { ...config.estate, aws: {} } }, (problem) =>
    unusable.push(`estate.file: ${problem}`),
  );
  const wrong = [
    ...problems.filter(({ level }) => level === 'error').map(formatProblem),
    ...unusable,
    ...unknown.map((id) => `rules.disabled: no rule has the id ${id}`),
  ];
  report(problems.filter(({ level }) => level === 'warning'));
  if (wrong.length > 0) throw new CliFailure(wrong.join('\n'));
  const channels = Object.entries(config.channels).map(([name, { type }]) => `${name} (${type})`);
  await writeOut(
    `The configuration is good: ${count(all.length - config.rules.disabled.length, 'rule')}, listening on ${config.server.listen}, ` +
      `${channels.length > 0 ? `channels ${channels.join(', ')}` : 'no channels'}, ` +
      `${count(config.sources.folders.length, 'folder')} and ${count(config.sources.s3.length, 'queue')} to read.\n`,
  );
  return exitCode.ok;
}

export async function printConfigSchema(): Promise<number> {
  await writeOut(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  return exitCode.ok;
}
