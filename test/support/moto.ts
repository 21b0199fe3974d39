import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Whether the stand-in for AWS can be had: `pip install 'moto[server]'`. */
export const hasMoto: boolean =
  spawnSync('python3', ['-c', 'import moto.server'], { stdio: 'ignore' }).status === 0;

export interface Moto {
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
}

/** An AWS of one's own on loopback, which speaks the protocols of its services: https://docs.getmoto.org/en/latest/docs/server_mode.html */
export async function startMoto(): Promise<Moto> {
  const child = spawn('python3', ['-u', '-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      // Its log of every request is not needed.
      if (output.length < 10_000) output += text;
    });
  let over = false;
  void ended.then(() => (over = true));
  for (;;) {
    const endpoint = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
    if (endpoint !== undefined)
      return {
        endpoint,
        stop: async () => {
          child.kill('SIGTERM');
          await ended;
        },
      };
    if (over) throw new Error(`moto ended before it listened: ${output}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
