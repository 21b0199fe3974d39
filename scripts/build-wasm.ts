import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A scanner: where its source is, and where it is kept compiled, as text in a module, so that a bundle needs no file beside it. */
export interface Scanner {
  readonly source: string;
  readonly compiled: string;
  /** What the module exports. */
  readonly name: string;
}

export const scanners: readonly Scanner[] = [
  {
    source: 'assembly/record-scanner.ts',
    compiled: join(root, 'src/decode/prefilter/record-scanner.wasm.ts'),
    name: 'recordScannerWasm',
  },
  {
    source: 'assembly/field-scanner.ts',
    compiled: join(root, 'src/decode/access/field-scanner.wasm.ts'),
    name: 'fieldScannerWasm',
  },
  {
    source: 'assembly/traffic-kernel.ts',
    compiled: join(root, 'src/web/traffic-kernel.wasm.ts'),
    name: 'trafficKernelWasm',
  },
  {
    source: 'assembly/board-kernel.ts',
    compiled: join(root, 'src/web/board-kernel.wasm.ts'),
    name: 'boardKernelWasm',
  },
];

/** Compiles a scanner and gives the module that holds it. The same source gives the same bytes on every machine. */
export async function compileScanner({ source, name }: Scanner): Promise<string> {
  let binary: Uint8Array | undefined;
  const problems: string[] = [];
  const { error } = await main(
    [source, '--outFile', 'scanner.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'],
    {
      // Its own libraries come from elsewhere.
      readFile: (file) =>
        file.startsWith('assembly/') && existsSync(join(root, file))
          ? readFileSync(join(root, file), 'utf8')
          : null,
      writeFile: (_name, contents) => {
        if (typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
      reportDiagnostic: ({ message }) => problems.push(message),
    },
  );
  if (error) throw new Error(`${source}: ${error.message}\n${problems.join('\n')}`);
  if (binary === undefined) throw new Error(`${source}: the compiler wrote nothing`);
  const text = Buffer.from(binary).toString('base64');
  return `// Written by scripts/build-wasm.ts from ${source}; change that and run \`node scripts/build-wasm.ts\`.\nexport const ${name} =\n  '${text}';\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const scanner of scanners) writeFileSync(scanner.compiled, await compileScanner(scanner));
}
