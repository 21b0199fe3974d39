// A package registry on loopback for tests, as a process of its own: what is tested blocks while npm runs.
// `node registry.mjs NAME VERSION TARBALL [hang]` prints its port; with `hang` it never ends the tarball.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [name = '', version = '', tarball = '', mode = ''] = process.argv.slice(2);
const bytes = readFileSync(tarball);
const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

const server = createServer((request, response) => {
  const base = `http://${request.headers.host}`;
  if (request.url?.endsWith('.tgz') === true) {
    process.stdout.write('tarball\n');
    response.setHeader('content-length', bytes.length);
    response.write(bytes.subarray(0, 10));
    if (mode !== 'hang') response.end(bytes.subarray(10));
    return;
  }
  const dist = { tarball: `${base}/${name}-${version}.tgz`, integrity };
  const document = {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { name, version, dist } },
  };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(document));
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(
    `port ${typeof address === 'object' && address !== null ? address.port : ''} ${integrity}\n`,
  );
});
