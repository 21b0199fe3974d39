import { cloudFrontHeader, packed, type EdgeLog } from './edge-log.ts';
import { hex, randomFrom } from './random.ts';

export interface OrdinaryLogSettings {
  readonly lines: number;
  /** How many lines come in a second of the log. */
  readonly perSecond: number;
  readonly seed?: number;
}

/**
 * A made-up log of CloudFront in which things are as often as in the log of a real site (5,478 requests of 894 clients): a visit has six requests,
 * and another client each; there are some 900 paths and 340 agents, a few of them most of the time; a sixth of the requests has a query, half
 * has a referrer; of a hundred three are not found, two are redirected, two not modified. Lines have 444 bytes (there 436). The same
 * seed gives the same bytes.
 */
export function makeOrdinaryLog(settings: OrdinaryLogSettings): EdgeLog {
  return packed(ordinaryPieces(settings), settings.lines);
}

interface Visit {
  readonly address: string;
  readonly agent: string;
  readonly referrer: string;
  left: number;
}

/** So many lines are an object: less than 8 MB, beyond which objects are read as streams. */
const linesAtOnce = 15_000;
const openVisits = 4_000;
const meanVisit = 6;
const words =
  'about archive article blog cloud data events files guide images index logs news notes page photos projects puppet search status tags talks theme tools update users video wiki'.split(
    ' ',
  );
const endings = ['', '', '', '.html', '.html', '.png', '.png', '.jpg', '.css', '.js', '.gif'];
const systems = [
  'Windows%20NT%2010.0;%20Win64;%20x64',
  'Windows%20NT%206.1;%20WOW64',
  'Macintosh;%20Intel%20Mac%20OS%20X%2010_15_7',
  'X11;%20Linux%20x86_64',
  'Linux;%20Android%2014;%20Pixel%208',
];

function* ordinaryPieces({ lines, perSecond, seed = 1 }: OrdinaryLogSettings): Generator<Buffer> {
  const random = randomFrom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const of = <Value>(values: readonly Value[], at: number): Value => {
    const value = values[at];
    if (value === undefined) throw new Error(`there is no value ${at} of ${values.length}`);
    return value;
  };
  /** A few of them most of the time: each place half as often as one at half of it. */
  const often = <Value>(values: readonly Value[]): Value =>
    of(values, Math.floor(values.length ** random()) - 1);
  const word = (): string => of(words, below(words.length));
  const paths = Array.from(
    { length: 900 },
    (_, i) =>
      `/${[word(), word(), `${word()}-${word()}-${i}`].slice(below(3)).join('/')}${of(endings, below(endings.length))}`,
  );
  const agents = Array.from({ length: 340 }, (_, i) => {
    const version = `${90 + (i % 40)}.0.${below(6_000)}.${below(200)}`;
    const system = of(systems, i % systems.length);
    if (i % 9 === 8) return `${word()}-client/${version}`;
    if (i % 9 > 5) return `Mozilla/5.0%20(${system};%20rv:${version})%20Gecko/20100101%20Firefox/${version}`;
    return `Mozilla/5.0%20(${system})%20AppleWebKit/537.36%20(KHTML,%20like%20Gecko)%20Chrome/${version}%20Safari/537.36`;
  });
  const searches = Array.from(
    { length: 300 },
    () => `https://search.example/?q=${word()}+${word()}+${word()}+${word()}&source=web&cd=${below(20)}`,
  );
  const visit = (): Visit => {
    const address = `${1 + below(220)}.${below(256)}.${below(256)}.${below(256)}`;
    const from = below(3) === 0 ? often(searches) : `https://www.example.com${often(paths)}`;
    const left = 1 + Math.floor(-Math.log(1 - random()) * (meanVisit - 0.5));
    return { address, agent: often(agents), referrer: from, left };
  };
  const visits = Array.from({ length: openVisits }, visit);
  const statusOf = (): number => {
    const chance = random();
    if (chance < 0.029) return 404;
    if (chance < 0.053) return 301;
    if (chance < 0.072) return 304;
    return chance < 0.0725 ? 500 : 200;
  };
  const begin = Date.UTC(2026, 0, 5, 10);
  let last = 0;
  for (let from = 0; from < lines; from += linesAtOnce) {
    const text: string[] = from === 0 ? [cloudFrontHeader] : [];
    for (let i = from; i < Math.min(lines, from + linesAtOnce); i++) {
      const time = new Date(begin + Math.floor(i / perSecond) * 1_000).toISOString();
      // A browser asks for several things at once.
      const at = i > 0 && random() < 0.13 ? last : below(openVisits);
      last = at;
      const { address, agent, referrer } = of(visits, at);
      const status = statusOf();
      const path = status === 404 ? `${often(paths)}.${below(40)}` : often(paths);
      const query = random() < 0.16 ? `${word()}=${word()}${below(20)}` : '-';
      const [size, result] = [300 + below(60_000), random() < 0.7 ? 'Hit' : 'Miss'];
      const taken = (random() / 4).toFixed(3);
      const id = `${hex(random)}${hex(random)}${hex(random)}${hex(random)}${hex(random)}${hex(random)}b1ba`;
      text.push(
        `${time.slice(0, 10)}\t${time.slice(11, 19)}\tFRA56-P1\t${size}\t${address}\tGET\td111111abcdef8.cloudfront.net\t${path}\t${status}\t${random() < 0.52 ? referrer : '-'}\t${agent}\t${query}\t-\t${result}\t${id}==\twww.example.com\thttps\t${300 + below(400)}\t${taken}\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\t${result}\tHTTP/2.0\t-\t-\t${1_024 + below(60_000)}\t${taken}\t${result}\ttext/html\t-\t-\t-\n`,
      );
      const open = of(visits, at);
      if (--open.left === 0) visits[at] = visit();
    }
    yield Buffer.from(text.join(''));
  }
}
