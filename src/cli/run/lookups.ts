import { isPublic, observableIn, observableTypes } from '../../context/observable.ts';
import { boundProviders, lookupOf } from '../../lookup/table.ts';
import { line } from '../../notify/safe-text.ts';
import { lookupWords } from '../../notify/words.ts';
import { loadConfig } from '../../runtime/config.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import { ownOf } from '../../runtime/start-lookups.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { jsonText } from '../format/json.ts';
import { writeOut } from '../terminal.ts';

export interface LookupFlags {
  readonly config?: string;
  readonly json?: boolean;
}

/** Asks what a server would ask, and nothing that it would not. */
export async function testLookup(name: string, what: string, flags: LookupFlags): Promise<number> {
  const config = loadConfig(flags.config, systemSecrets());
  const providers = boundProviders(config.lookups.providers);
  const provider = providers.find(({ type }) => type === name);
  if (provider === undefined) {
    const known = providers.map(({ type }) => type).join(', ');
    throw new CliFailure(
      `lookups.providers has no ${line(name, 60)}; ${known === '' ? 'none is configured (docs/lookups.md)' : `configured are ${known}`}`,
    );
  }
  const about = observableTypes.map((type) => observableIn(type, what)).find((one) => one !== undefined);
  const shown = line(what, 80);
  if (about === undefined)
    throw new CliFailure(`'${shown}' is no address, no domain, and no MD5, SHA-1 or SHA-256 of a file`);
  if (!isPublic(about) || ownOf(config)(about))
    throw new CliFailure(`'${shown}' is private, reserved or your own: nobody is asked about it`);
  if (!provider.knows.includes(about.type))
    throw new CliFailure(
      `${provider.vendor} is not asked about a ${about.type}; it knows ${provider.knows.join(', ')}`,
    );
  const answer = await provider.ask(about, { fetch, now: Date.now });
  const lookup = lookupOf(provider, about, answer, Date.now());
  await writeOut(
    flags.json === true
      ? jsonText(lookup)
      : `${line(lookupWords(lookup), 600)}\n${lookup.link === undefined ? '' : `  ${lookup.link}\n`}`,
  );
  return answer.type === 'said' ? exitCode.ok : exitCode.findings;
}
