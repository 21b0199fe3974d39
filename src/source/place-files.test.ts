import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mmdbOf } from '../context/testing/mmdb.ts';
import { builtinPlaces } from './builtin-places.ts';
import { openKeptPlaces } from './kept-places.ts';
import { locateIn, readPlaceSources, type PlaceSources } from './place-files.ts';

let folder: string;
let path: string;
const address = '198.51.100.7';
const fileOf = (country: string) => mmdbOf({ '198.51.100.0/24': { country_code: country } });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-places-'));
  path = join(folder, 'places.mmdb');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the data that comes with Tocsin', () => {
  const problems: string[] = [];
  const locate = builtinPlaces((problem) => problems.push(problem));
  // Of networks that their countries' registries have held for decades.
  it.each([
    ['133.11.0.1', 'JP'],
    ['193.0.6.139', 'NL'],
    ['2001:67c:2e8::1', 'NL'],
    ['2620:0:860::1', 'US'],
  ])('knows the country of %s', (of, country) => {
    expect(locate(of)).toEqual({ country });
    expect(problems).toEqual([]);
  });
  it.each(['10.0.0.1', '203.0.113.9', '::1', '2001:db8::1'])('knows nothing of %s', (of) => {
    expect(locate(of)).toEqual({});
  });
});

describe('files that the configuration names', () => {
  it('are asked before the data that comes with Tocsin, in any thread', async () => {
    writeFileSync(
      path,
      mmdbOf({ '193.0.6.0/24': { country_code: 'DE' }, '198.51.100.0/24': { asn: 64_500 } }),
    );
    const read = await readPlaceSources({ files: [path], builtin: true }, expect.unreachable);
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(read);
    const { message } = receiveMessageOnPort(port2) as { message: PlaceSources };
    port1.close();
    // Shared and not copied: such a file may have 200 MB.
    expect(message.files[0]?.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
    const locate = locateIn(message, expect.unreachable);
    expect(locate('193.0.6.139')).toEqual({ country: 'DE' });
    expect(locate('133.11.0.1')).toEqual({ country: 'JP' });
    expect(locate(address)).toEqual({ asn: 64_500 });
  });

  it('are left out and told where they cannot be used', async () => {
    writeFileSync(path, 'not found');
    const problems: string[] = [];
    const missing = join(folder, 'missing.mmdb');
    const read = await readPlaceSources({ files: [path, missing], builtin: false }, (problem) =>
      problems.push(problem),
    );
    expect(read.files).toEqual([]);
    expect(problems).toEqual([
      `${path}: is no MaxMind DB file, or is cut off; fetch it again`,
      expect.stringMatching(/missing\.mmdb: cannot be read: ENOENT.*mend the path/),
    ]);
    expect(locateIn(read, expect.unreachable)(address)).toEqual({});
  });
});

describe('files that change under a running server', () => {
  async function opened(...files: string[]) {
    const told: string[] = [];
    const places = await openKeptPlaces({
      files,
      builtin: false,
      onLoaded: ({ type }) => told.push(`loaded ${type}`),
      onProblem: (problem) => told.push(problem.slice(folder.length + 1)),
    });
    return { places, told };
  }

  it('are read again when they have been the same for two looks', async () => {
    writeFileSync(path, fileOf('DE'));
    const { places, told } = await opened(path);
    await places.look();
    expect(places.locate(address)).toEqual({ country: 'DE' });
    writeFileSync(`${path}.new`, fileOf('NL'));
    renameSync(`${path}.new`, path);
    await places.look();
    expect(places.locate(address)).toEqual({ country: 'DE' });
    await places.look();
    expect(places.locate(address)).toEqual({ country: 'NL' });
    await places.look();
    expect(told).toEqual(['loaded Test-City', 'loaded Test-City']);
  });

  it('a broken new one is told once with its reason, and the good one goes on', async () => {
    writeFileSync(path, fileOf('DE'));
    const { places, told } = await opened(path);
    writeFileSync(path, fileOf('NL').subarray(0, 500));
    await places.look();
    await places.look();
    await places.look();
    expect(places.locate(address)).toEqual({ country: 'DE' });
    const trouble =
      'places.mmdb: is no MaxMind DB file, or is cut off; fetch it again; the one that was read before goes on to be used';
    expect(told).toEqual(['loaded Test-City', trouble]);
    expect(places.troubles()).toEqual([`${folder}/${trouble}`]);
    writeFileSync(path, fileOf('FR'));
    await places.look();
    await places.look();
    expect(places.locate(address)).toEqual({ country: 'FR' });
    expect(places.troubles()).toEqual([]);
  });

  it('one that goes away is told, and what it said holds', async () => {
    writeFileSync(path, fileOf('DE'));
    const { places } = await opened(path);
    rmSync(path);
    await places.look();
    await places.look();
    expect(places.locate(address)).toEqual({ country: 'DE' });
    expect(places.troubles()).toEqual([expect.stringContaining('ENOENT')]);
  });

  it('one that is missing at the start is used when it comes', async () => {
    const { places, told } = await opened(path);
    expect(told).toEqual([expect.stringContaining('places.mmdb: cannot be read: ENOENT')]);
    writeFileSync(path, fileOf('DE'));
    await places.look();
    await places.look();
    expect(places.locate(address)).toEqual({ country: 'DE' });
    expect(told.at(-1)).toBe('loaded Test-City');
  });
});
