// Runs `ensureNode` in a process that a test can kill: `node fetch-node.mjs CACHE PIN-AS-JSON NPM-AS-JSON`.
import { ensureNode } from '../install-node.mjs';

const [cache = '', pin = '', npm = ''] = process.argv.slice(2);
process.stdout.write(`${ensureNode(cache, JSON.parse(pin), JSON.parse(npm))}\n`);
