import { benchAccessLogs } from './access-logs.ts';
import { benchLambda } from './lambda.ts';
import { benchMatching } from './matching.ts';
import { benchPeer } from './peer.ts';
import { benchPipeline } from './pipeline.ts';
import { benchSigma } from './sigma.ts';
import { benchStores } from './stores.ts';

const benches: Readonly<Record<string, (smoke: boolean) => Promise<void>>> = {
  sigma: benchSigma,
  peer: benchPeer,
  matching: benchMatching,
  lambda: benchLambda,
  'access-logs': benchAccessLogs,
  stores: benchStores,
  pipeline: benchPipeline,
};

// `--smoke` runs every benchmark once over little data: it shows that they work, not how fast anything is.
const args = process.argv.slice(2);
const smoke = args.includes('--smoke');
const withPath = ['--sigma-rules', '--rsigma', '--duckdb', '--alerts'];
const wanted = args.filter((arg, i) => !arg.startsWith('--') && !withPath.includes(args[i - 1] ?? ''));
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(
    `there is no benchmark ${unknown.join(', ')}; there is ${Object.keys(benches).join(', ')}\n`,
  );
  process.exitCode = 2;
} else {
  for (const [name, bench] of Object.entries(benches))
    if (wanted.length === 0 || wanted.includes(name)) await bench(smoke);
}
