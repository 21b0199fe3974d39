import { commitUntilKilled } from './crash.ts';
import { openSqliteStore } from '../sqlite.ts';

const [path = '', firstBatch = '0'] = process.argv.slice(2);
await commitUntilKilled(await openSqliteStore({ path }), Number(firstBatch));
