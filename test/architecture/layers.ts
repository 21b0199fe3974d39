import { isBuiltin } from 'node:module';
import path from 'node:path';
import type { SourceFile } from './source-file.ts';

/**
 * The layers of src/, the lowest first. A file may import from its own layer and from those before it. The last
 * two are shells side by side and know nothing of each other.
 */
const layers = [
  'event',
  'decode',
  'facts',
  'context',
  'sigma',
  'alert',
  'web',
  'store',
  'notify',
  'respond',
  'lookup',
  'source',
  'worker',
  'api',
  'runtime',
  'cli',
  'lambda',
] as const;

const shells = new Set(['cli', 'lambda']);

/** The rule engine knows nothing of AWS: only the most general layer may be under it. */
const narrow: Readonly<Record<string, readonly string[]>> = { sigma: ['event'] };

/** What the pure layers may take of Node's own modules, because it only computes: names, or everything. */
const computing: Readonly<Record<string, readonly string[] | 'everything'>> = {
  'node:buffer': 'everything',
  'node:util': 'everything',
  'node:path/posix': 'everything',
  'node:string_decoder': 'everything',
  'node:crypto': ['createHash', 'createHmac', 'hash', 'timingSafeEqual'],
  'node:net': ['isIP', 'isIPv4', 'isIPv6'],
};

/** The pure layers, and what more each may take. Decoding unpacks, and works on streams that others open. */
const pureLayers: Readonly<Record<string, typeof computing>> = {
  event: computing,
  decode: { ...computing, 'node:stream': 'everything', 'node:zlib': 'everything' },
  facts: computing,
  context: computing,
  sigma: computing,
  alert: computing,
  web: computing,
};

/** Everything in which the files break the architecture, a sentence with file and line each, sorted. */
export function architectureProblems(files: readonly SourceFile[]): string[] {
  const known = new Set(files.map((file) => file.path));
  const problems = files.flatMap((file) => [
    ...importProblems(file, known),
    ...shapeProblems(file),
    ...purityProblems(file),
  ]);
  return [...problems, ...cycleProblems(files)].toSorted();
}

/** The layer of a path such as `src/event/json.ts`, or undefined where it lies in none. */
function layerOf(file: string): string | undefined {
  const [top, layer, ...rest] = file.split('/');
  return top === 'src' && rest.length > 0 ? layers.find((name) => name === layer) : undefined;
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

/** What a relative import of a file leads to, as a path from the repository root; undefined for packages and Node's own modules. */
function target(file: SourceFile, specifier: string): string | undefined {
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file.path), specifier) : undefined;
}

function importProblems(file: SourceFile, known: ReadonlySet<string>): string[] {
  const own = layerOf(file.path);
  if (own === undefined) {
    return [`${file.path}: lies in no layer; expected src/<layer>/ with one of ${layers.join(', ')}`];
  }
  return file.imports.flatMap(({ specifier, line }) => {
    const to = target(file, specifier);
    if (to === undefined) return [];
    const problem = importProblem(file.path, own, to, known);
    return problem === undefined ? [] : [`${file.path}:${line}: imports ${to}: ${problem}`];
  });
}

function importProblem(
  from: string,
  own: string,
  to: string,
  known: ReadonlySet<string>,
): string | undefined {
  if (!to.startsWith('src/')) {
    // The manifest tells the version, and lies at the same distance from src/ and from dist/.
    return isTest(from) || to === 'package.json' ? undefined : 'it lies outside src/';
  }
  if (!known.has(to) && /\.[cm]?[jt]s$/.test(to)) return 'there is no such file';
  const other = layerOf(to);
  if (other === undefined) return 'it lies in no layer';
  if (isTest(to)) return 'it is a test';
  if (other === own) return undefined;
  const rank = (layer: string): number => layers.findIndex((name) => name === layer);
  if (rank(other) > rank(own)) return `${own} lies below ${other}, and imports go downwards only`;
  if (shells.has(other)) return `${own} and ${other} are shells side by side`;
  // A test may bring a rule and a real event together.
  if (narrow[own]?.includes(other) === false && !isTest(from)) {
    return `${own} may use ${narrow[own].join(', ')} only`;
  }
  return undefined;
}

function shapeProblems(file: SourceFile): string[] {
  const problems = file.defaultExports.map(
    ({ line }) => `${file.path}:${line}: default export; export it by name`,
  );
  if (file.isBarrel) {
    problems.push(`${file.path}:1: only hands on what other files export; import from those files instead`);
  }
  return problems;
}

function purityProblems(file: SourceFile): string[] {
  const own = layerOf(file.path);
  const allowed = own === undefined ? undefined : pureLayers[own];
  if (allowed === undefined || isTest(file.path)) return [];
  const place = (line: number): string => `${file.path}:${line}: ${own} is pure`;
  const imports = file.imports.flatMap(({ specifier, names, line }) => {
    if (!isBuiltin(specifier)) return [];
    const wanted = allowed[specifier];
    if (wanted === undefined) return [`${place(line)} and may not import ${specifier}`];
    if (wanted === 'everything') return [];
    const refused = names.filter((name) => !wanted.includes(name));
    return refused.map((name) => `${place(line)} and may not import ${name} of ${specifier}`);
  });
  const marks = [...file.impurities, ...file.moduleState];
  return [...imports, ...marks.map(({ what, line }) => `${place(line)}: ${what}; take it as an argument`)];
}

/** Cycles between files, each told once as the shortest way round from its first file. */
function cycleProblems(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map((file) => [
      file.path,
      file.imports.map(({ specifier }) => target(file, specifier)).filter((to) => to !== undefined),
    ]),
  );
  const told = new Set<string>();
  const problems: string[] = [];
  for (const start of [...edges.keys()].toSorted()) {
    const cycle = shortestCycle(start, edges);
    if (cycle === undefined || cycle.some((file) => told.has(file))) continue;
    for (const file of cycle) told.add(file);
    problems.push(`${start}: imports itself in a circle: ${[...cycle, start].join(' -> ')}`);
  }
  return problems;
}

function shortestCycle(start: string, edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const from = new Map<string, string>();
  const queue = [start];
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    for (const next of edges.get(file) ?? []) {
      if (next === start) {
        const way = [file];
        for (let at = from.get(file); at !== undefined; at = from.get(at)) way.unshift(at);
        return way;
      }
      if (!from.has(next) && edges.has(next)) {
        from.set(next, file);
        queue.push(next);
      }
    }
  }
  return undefined;
}
