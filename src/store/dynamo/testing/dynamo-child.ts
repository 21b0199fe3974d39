import { commitUntilKilled, leadUntilKilled } from '../../testing/crash.ts';
import { openDynamoStore } from '../dynamo-store.ts';

const [endpoint = '', table = '', leaseMs = '0', firstBatch = '0'] = process.argv.slice(2);
const store = await openDynamoStore({ endpoint, table, region: 'eu-west-1', leaseMs: Number(leaseMs) });
if (firstBatch === 'lead') await leadUntilKilled(store);
else await commitUntilKilled(store, Number(firstBatch));
