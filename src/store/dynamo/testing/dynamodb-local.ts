import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * AWS's own DynamoDB for one machine, https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.html: a Java program
 * from Maven Central, whose licence lets everybody run it and nobody pass it on. `.ci/run` puts it into this folder.
 */
const folder = process.env['TOCSIN_DYNAMODB_LOCAL'] ?? join(homedir(), '.cache', 'tocsin', 'dynamodb-local');

/** Whether it can be run here. */
export const hasDynamoDb: boolean =
  existsSync(folder) &&
  readdirSync(folder).some((name) => /^DynamoDBLocal.*\.jar$/.test(name)) &&
  spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0;

/** Keys that mean nothing, in the places where the AWS SDK looks for them. */
export const dynamoEnvironment = {
  AWS_ACCESS_KEY_ID: 'testing',
  AWS_SECRET_ACCESS_KEY: 'testing',
  AWS_EC2_METADATA_DISABLED: 'true',
} as const;

export interface LocalDynamoDb {
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
}

export async function startDynamoDb(): Promise<LocalDynamoDb> {
  const port = await freePort();
  const main = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner';
  const jars = [join(folder, '*'), folder].join(delimiter);
  const child = spawn(
    'java',
    [
      '-Xmx768m',
      '-XX:+UseSerialGC',
      `-Djava.library.path=${folder}`,
      '-cp',
      jars,
      main,
      '-inMemory',
      '-sharedDb',
      '-disableTelemetry',
      '-port',
      String(port),
    ],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
  await untilListens(child, port);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      if (child.exitCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

async function untilListens(child: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null)
      throw new Error(`DynamoDB Local ended by itself with code ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
