import { gzipSync } from 'node:zlib';
import { hex, randomFrom } from './random.ts';

/** A made-up log of CloudFront. The same seed gives the same bytes. */
export interface EdgeLog {
  /** Packed, in objects of 20,000 lines, about as CloudFront delivers them; put together they are one packed file. */
  readonly objects: readonly Buffer[];
  readonly lines: number;
  readonly unpackedBytes: number;
}

export interface EdgeLogSettings {
  readonly lines: number;
  /** How many lines come in a second of the log. */
  readonly perSecond: number;
  /** Clients to choose from: the first ones are chosen far more often. */
  readonly clients: number;
  readonly seed?: number;
}

/** So many lines are an object. */
const linesAtOnce = 20_000;

export const cloudFrontHeader =
  '#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end\n';

const agents = [
  'Mozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64)%20AppleWebKit/537.36%20(KHTML,%20like%20Gecko)%20Chrome/126.0.0.0%20Safari/537.36',
  'Mozilla/5.0%20(iPhone;%20CPU%20iPhone%20OS%2017_5%20like%20Mac%20OS%20X)%20AppleWebKit/605.1.15%20(KHTML,%20like%20Gecko)%20Version/17.5%20Mobile/15E148%20Safari/604.1',
  'okhttp/4.12.0',
  'Mozilla/5.0%20(X11;%20Linux%20x86_64;%20rv:127.0)%20Gecko/20100101%20Firefox/127.0',
];
const pages = [
  '/',
  '/matches/live',
  '/api/v1/contests',
  '/api/v1/teams',
  '/api/v2/score',
  '/profile',
  '/search',
];
const files = ['/static/app.4f3c.js', '/static/main.91ab.css', '/img/logo.png', '/fonts/inter.woff2'];
const probes = ['/.env', '/.git/config', '/wp-login.php', '/phpmyadmin/', '/backup.sql', '/actuator/env'];

export function makeEdgeLog(settings: EdgeLogSettings): EdgeLog {
  return packed(edgeLogPieces(settings), settings.lines);
}

/** Packs each piece as an object. */
export function packed(pieces: Iterable<Buffer>, lines: number): EdgeLog {
  const objects: Buffer[] = [];
  let unpackedBytes = 0;
  for (const piece of pieces) {
    unpackedBytes += piece.length;
    objects.push(gzipSync(piece));
  }
  return { objects, lines, unpackedBytes };
}

/** Nine requests in ten are answered well, a third are for files of pages; one client in a thousand looks for what is not there. */
export function* edgeLogPieces({ lines, perSecond, clients, seed = 1 }: EdgeLogSettings): Generator<Buffer> {
  const random = randomFrom(seed);
  const pick = <Value>(values: readonly Value[]): Value => {
    const value = values[Math.floor(random() * values.length)];
    if (value === undefined) throw new Error('there is nothing to pick from');
    return value;
  };
  const begin = Date.UTC(2026, 0, 5, 10);
  for (let from = 0; from < lines; from += linesAtOnce) {
    const text: string[] = from === 0 ? [cloudFrontHeader] : [];
    for (let i = from; i < Math.min(lines, from + linesAtOnce); i++) {
      const time = new Date(begin + Math.floor(i / perSecond) * 1_000).toISOString();
      const client = Math.floor(clients * random() ** 2);
      const address =
        client % 8 === 7
          ? `2001:db8:${(client >> 16).toString(16)}:${(client & 0xffff).toString(16)}::1`
          : `${20 + ((client >> 16) % 200)}.${(client >> 8) & 255}.${client & 255}.${(client * 7) & 255}`;
      const isProbing = client % 1_000 === 500;
      const isFile = !isProbing && random() < 0.33;
      const path = isProbing ? `${pick(probes)}${hex(random)}` : isFile ? pick(files) : pick(pages);
      const status = isProbing || random() < 0.03 ? 404 : random() < 0.05 ? 304 : 200;
      const size = 300 + Math.floor(random() * 30_000);
      text.push(
        `${time.slice(0, 10)}\t${time.slice(11, 19)}\tBOM62-P4\t${size}\t${address}\tGET\td111111abcdef8.cloudfront.net\t${path}\t${status}\t-\t${pick(agents)}\t-\t-\tMiss\t${hex(random)}${hex(random)}${hex(random)}bb1bafc==\twww.example.com\thttps\t312\t0.010\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tMiss\tHTTP/2.0\t-\t-\t${1_024 + (i % 60_000)}\t0.010\tMiss\ttext/html\t-\t-\t-\n`,
      );
    }
    yield Buffer.from(text.join(''));
  }
}
