import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteStore } from '../../store/sqlite.ts';
import { defaultBlockPolicy } from '../../web/block.ts';
import { testOffence } from '../../web/testing/offences.ts';
import { createBlocker } from '../blocker.ts';
import { parseIpSetArn, wafClients, wafEnforcement } from '../waf.ts';

/**
 * Decides on offences of the clients that it is told and brings them to an IP set, and kills itself with SIGKILL at the step of the given
 * number: each call of the store and each call of AWS has one before it and one after it.
 */
const [path = '', arn = '', dieAt = '', ...clients] = process.argv.slice(2);

let steps = 0;

function step(): void {
  if (steps === Number(dieAt)) process.kill(process.pid, 'SIGKILL');
  steps++;
}

/** The same functions, with a step before and after each. */
function stepwise<T extends object>(target: T): T {
  return new Proxy(target, {
    get(of, key) {
      const value: unknown = Reflect.get(of, key);
      if (typeof value !== 'function') return value;
      return async (...parameters: readonly unknown[]): Promise<unknown> => {
        step();
        const result: unknown = await Reflect.apply(value, of, parameters);
        step();
        return result;
      };
    },
  });
}

const set = parseIpSetArn(arn);
if (set === undefined) throw new Error(`${arn} is no ARN of an IP set`);
const store = await openSqliteStore({ path });
const client = wafClients();
const blocker = createBlocker({
  store: stepwise(store.blocks),
  policy: defaultBlockPolicy,
  protections: [],
  lists: [],
  enforcements: [
    stepwise(wafEnforcement(set, 4, { exclusive: false, client: () => client(set.region), apart: 100 })),
  ],
  dryRun: false,
  tools: { now: Date.now, sleep, random: Math.random, newHolder: randomUUID },
});
const now = Date.now();
for (const each of clients) await blocker.take([testOffence(each, { last: now })], now);
const [result] = await blocker.sync('tocsin');
process.stdout.write(`${steps} ${result?.outcome} ${result?.reason ?? ''}\n`);
await store.close();
