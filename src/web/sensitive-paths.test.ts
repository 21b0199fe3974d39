import { describe, expect, it } from 'vitest';
import { sensitivePaths } from './sensitive-paths.ts';

function isSensitive(path: string, isMissing: boolean): boolean {
  const bytes = Buffer.from(`<${path}>`);
  return sensitivePaths().find(bytes, 1, bytes.length - 1, isMissing) !== 0;
}

describe('sensitivePaths', () => {
  it.each([
    '/.env',
    '/.ENV',
    '/%2eenv',
    '/app/.env.local',
    '/.git/config',
    '/.git%2Fconfig',
    '/.aws/credentials',
    '/.ssh/id_rsa',
    '/wp-config.php',
    '/wp-config.php~',
    '/index.php.bak',
    '/backup/site.SQL',
    '/a/b/c/dump.sql',
    '/.DS_Store',
    '/.%67it/HEAD',
  ])('%s is sensitive, whatever the answer', (path) => {
    expect([isSensitive(path, true), isSensitive(path, false)]).toEqual([true, true]);
  });

  it.each([
    '/wp-login.php',
    '/WP-LOGIN.PHP',
    '/blog/wp-admin/install.php',
    '/phpmyadmin/index.php',
    '/phpMyAdmin',
    '/actuator/health',
    '/manager/html',
    '/cgi-bin/test',
    '/HNAP1',
    '/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php',
  ])('%s is sensitive where the site has none', (path) => {
    expect([isSensitive(path, true), isSensitive(path, false)]).toEqual([true, false]);
  });

  it.each([
    '',
    '/',
    '//',
    '/index.html',
    '/environment',
    '/env',
    '/git',
    '/a.env',
    '/robots.txt',
    '/.well-known/acme-challenge/x',
    '/a/./b',
    '/a/../b',
    '/wp-login',
    '/v1.2.3/api',
    '/~',
    '/old',
    '/bak/x',
    '/%',
    '/%2',
    '/%zz',
    '/login',
  ])('%s is nothing', (path) => {
    expect([isSensitive(path, true), isSensitive(path, false)]).toEqual([false, false]);
  });

  it('decodes once and not twice', () => {
    expect(isSensitive('/%252eenv', true)).toBe(false);
  });

  it('gives the same number for the same name', () => {
    const numberOf = (path: string): number => {
      const bytes = Buffer.from(path);
      return sensitivePaths().find(bytes, 0, bytes.length, true);
    };
    expect(numberOf('/a/.env')).toBe(numberOf('/b/%2EENV'));
    expect(numberOf('/.env')).not.toBe(numberOf('/.git'));
  });

  it('looks at no more than the beginning of an endless path', () => {
    expect(isSensitive(`/${'a'.repeat(1_000_000)}/.env`, true)).toBe(false);
  });
});
