import { commitUntilKilled, leadUntilKilled } from './crash.ts';
import { openSqliteStore } from '../sqlite.ts';

const [path = '', firstBatch = '0'] = process.argv.slice(2);
const store = await openSqliteStore({ path });
if (firstBatch === 'lead') await leadUntilKilled(store);
else await commitUntilKilled(store, Number(firstBatch));
