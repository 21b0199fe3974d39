import { hashBytes } from './hash.ts';
import { wordsOf } from './words.ts';

/**
 * Names that scanners ask for, and hardly anybody else: a part of the path between slashes, in lower case. Where a program is there, people
 * who use it ask for it, so that these count only where the answer is that it is not.
 */
const programs = wordsOf(`
  wp-login.php wp-admin wp-includes wp-content wp-json wlwmanifest.xml xmlrpc.php phpmyadmin pma myadmin
  dbadmin mysqladmin adminer adminer.php pgadmin phppgadmin administrator admin.php admin.asp admin.jsp
  admin-console jmx-console web-console manager host-manager jenkins solr kibana grafana hudson nagios
  zabbix cacti actuator heapdump jolokia h2-console swagger-ui.html telescope _ignition _profiler cgi-bin
  boaform goform hnap1 gponform setup.cgi owa autodiscover ecp server-status server-info nginx_status
  phpinfo.php info.php test.php shell.php cmd.php eval-stdin.php c99.php r57.php webshell.php upload.php
  invoker struts dana-na console druid nacos _cat _search elfinder ckfinder kcfinder
`);

/** What is never served on purpose: asking counts, whatever the answer. */
const secrets = wordsOf(`
  wp-config.php wp-config.php.bak config.inc.php configuration.php localsettings.php web.config id_rsa
  id_dsa id_ed25519 id_ecdsa authorized_keys credentials credentials.json docker-compose.yml docker-
  compose.yaml dockerfile appsettings.json application.yml application.properties settings.py database.yml
  secrets.yml secrets.json parameters.yml terraform.tfstate terraform.tfvars serviceaccountkey.json sftp-
  config.json phpunit.xml dump.sql backup.sql database.sql db.sql backup.zip backup.tar.gz www.zip
  site.zip composer.lock yarn.lock npm-debug.log error_log debug.log passwd shadow win.ini
`);

/** Endings of copies and dumps that editors and people leave behind. */
const leftovers = [
  'bak',
  'old',
  'orig',
  'save',
  'swp',
  'swo',
  'sql',
  'tfstate',
  'pem',
  'kdbx',
  'ppk',
  'mdb',
  'bkp',
];

/** Hidden names that everybody asks for. */
const ordinaryHidden = ['.well-known', '.', '..'];

/** How much of a path is looked at; probes are short. */
const mostBytes = 512;

const slash = 0x2f;
const dot = 0x2e;
const percent = 0x25;

/** Finds the sensitive name in a path. */
export interface SensitivePaths {
  /**
   * A number for the sensitive name in a path, folded and percent-decoded once; 0 where there is none.
   * @param isMissing whether the answer says that there is nothing (or not for this client): without that, names of programs do not count
   */
  readonly find: (bytes: Uint8Array, start: number, end: number, isMissing: boolean) => number;
}

export function sensitivePaths(): SensitivePaths {
  const hashOf = (name: string): number => hashBytes(Buffer.from(name), 0, name.length, 0);
  const programHashes = new Set(programs.map(hashOf));
  const secretHashes = new Set(secrets.map(hashOf));
  const leftoverHashes = new Set(leftovers.map(hashOf));
  const ordinaryHashes = new Set(ordinaryHidden.map(hashOf));
  /** By the last 16 bits of the hash: whether it may be in any of the sets. Nearly every name of a path ends here. */
  const mayBe = new Uint8Array(65_536);
  for (const hash of [...programHashes, ...secretHashes]) mayBe[hash & 0xffff] = 1;
  const mayEnd = new Uint8Array(65_536);
  for (const hash of leftoverHashes) mayEnd[hash & 0xffff] = 1;
  const segment = new Uint8Array(mostBytes);

  const isLeftover = (ending: number): boolean => mayEnd[ending & 0xffff] === 1 && leftoverHashes.has(ending);

  /** A number other than 0 for a name that is sensitive. */
  const judge = (length: number, lastDot: number, isMissing: boolean): number => {
    const hash = hashBytes(segment, 0, length, 0);
    const isSensitive =
      (mayBe[hash & 0xffff] === 1 && (secretHashes.has(hash) || (isMissing && programHashes.has(hash)))) ||
      (segment[0] === dot && !ordinaryHashes.has(hash)) ||
      (lastDot > 0 && isLeftover(hashBytes(segment, lastDot + 1, length, 0))) ||
      (length > 1 && segment[length - 1] === 0x7e);
    return isSensitive ? hash || 1 : 0;
  };

  return {
    find: (bytes, start, end, isMissing) => {
      const last = Math.min(end, start + mostBytes);
      let length = 0;
      let lastDot = -1;
      for (let i = start; i < last; i++) {
        let byte = bytes[i] ?? 0;
        if (byte === percent && i + 2 < last) {
          const high = hexDigit(bytes[i + 1] ?? 0);
          const low = hexDigit(bytes[i + 2] ?? 0);
          if (high !== -1 && low !== -1) {
            byte = high * 16 + low;
            i += 2;
          }
        }
        if (byte === slash) {
          if (length > 0) {
            const found = judge(length, lastDot, isMissing);
            if (found !== 0) return found;
          }
          length = 0;
          lastDot = -1;
          continue;
        }
        if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
        if (byte === dot) lastDot = length;
        segment[length++] = byte;
      }
      return length > 0 ? judge(length, lastDot, isMissing) : 0;
    },
  };
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
