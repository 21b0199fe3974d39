import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe } from 'vitest';
import { openPostgresStore } from './postgres.ts';
import type { Store } from './store.ts';
import { describeStore } from './testing/contract.ts';
import { hasPostgres, startCluster, type Cluster } from './testing/postgres-cluster.ts';

let cluster: Cluster;
let schemas = 0;
const newSchema = (): string => `store_${(schemas += 1)}`;
const child = fileURLToPath(new URL('./testing/postgres-child.ts', import.meta.url));

function openSchema(schema: string): Promise<Store> {
  const { host, port, user } = cluster;
  return openPostgresStore({ host, port, user, database: 'postgres', schema, connections: 4 });
}

describe.skipIf(!hasPostgres)('on a real PostgreSQL', () => {
  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(() => cluster.remove());

  describeStore('the PostgreSQL store', async () => {
    const schema = newSchema();
    let current = await openSchema(schema);
    return {
      store: current,
      connect: () => openSchema(schema),
      reopen: async () => {
        await current.close();
        current = await openSchema(schema);
        return current;
      },
      destroy: () => current.close(),
      child: [child, cluster.host, schema],
    };
  });
});
