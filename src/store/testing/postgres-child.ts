import { openPostgresStore } from '../postgres.ts';
import { commitUntilKilled, leadUntilKilled } from './crash.ts';

const [host = '', schema = '', firstBatch = '0'] = process.argv.slice(2);
const store = await openPostgresStore({
  host,
  port: 5432,
  database: 'postgres',
  user: 'tocsin',
  schema,
  connections: 4,
});
if (firstBatch === 'lead') await leadUntilKilled(store);
else await commitUntilKilled(store, Number(firstBatch));
