import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { CreateIPSetCommand, WAFV2Client, type Scope } from '@aws-sdk/client-wafv2';
import { parseIpSetArn, type IpSet } from '../waf.ts';

/** Whether the stand-in for AWS can run here: https://github.com/getmoto/moto, `pip install 'moto[server]'`. */
export const hasMoto: boolean =
  spawnSync('python3', ['-c', 'import moto.server, flask'], { stdio: 'ignore' }).status === 0;

/** Keys that mean nothing, in the places where the AWS SDK looks for them. */
export const motoEnvironment = {
  AWS_ACCESS_KEY_ID: 'testing',
  AWS_SECRET_ACCESS_KEY: 'testing',
  AWS_REGION: 'eu-west-1',
  AWS_EC2_METADATA_DISABLED: 'true',
} as const;

export interface Moto {
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
}

export async function startMoto(): Promise<Moto> {
  const port = await freePort();
  const child = spawn('python3', ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, ...motoEnvironment },
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await untilAnswers(child, endpoint);
  return {
    endpoint,
    stop: async () => {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

/** A client that speaks to an endpoint of our own. */
export function wafAt(endpoint: string, region: string): WAFV2Client {
  return new WAFV2Client({
    region,
    endpoint,
    credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
    maxAttempts: 1,
  });
}

/** A new IP set with these addresses. */
export async function createIpSet(
  endpoint: string,
  set: {
    readonly scope: Scope;
    readonly family: 4 | 6;
    readonly name: string;
    readonly addresses?: readonly string[];
  },
): Promise<IpSet> {
  const region = set.scope === 'CLOUDFRONT' ? 'us-east-1' : 'eu-west-1';
  const { Summary: made } = await wafAt(endpoint, region).send(
    new CreateIPSetCommand({
      Name: set.name,
      Scope: set.scope,
      IPAddressVersion: `IPV${set.family}`,
      Description: 'made by a test',
      Addresses: [...(set.addresses ?? [])],
    }),
  );
  const parsed = parseIpSetArn(made?.ARN ?? '');
  if (parsed === undefined) throw new Error(`no ARN of an IP set: ${made?.ARN}`);
  return parsed;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
  return address.port;
}

async function untilAnswers(child: ChildProcess, endpoint: string): Promise<void> {
  const patience = Date.now() + 30_000;
  for (;;) {
    try {
      await (await fetch(`${endpoint}/moto-api/`)).arrayBuffer();
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > patience)
        throw new Error('moto did not start', { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
