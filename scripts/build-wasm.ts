import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = 'assembly/record-scanner.ts';

/** Where the compiled scanner is kept, as text in a module, so that a bundle needs no file beside it. */
export const compiledPath: string = join(root, 'src/decode/prefilter/record-scanner.wasm.ts');

/** Compiles the scanner and gives the module that holds it. The same source gives the same bytes on every machine. */
export async function compileScanner(): Promise<string> {
  let binary: Uint8Array | undefined;
  const problems: string[] = [];
  const { error } = await main(
    [source, '--outFile', 'scanner.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'],
    {
      readFile: (name) => (name === source ? readFileSync(join(root, source), 'utf8') : null),
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
  return `// Written by scripts/build-wasm.ts from ${source}; change that and run \`node scripts/build-wasm.ts\`.\nexport const recordScannerWasm =\n  '${text}';\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(compiledPath, await compileScanner());
