import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildLambda, type LambdaBundle } from '../../scripts/build-lambda.ts';
import { startFakeSlack, type FakeSlack } from '../../src/notify/testing/fake-slack.ts';
import { root, startServer, temporaryFolder, type ServerProcess } from '../support/cli.ts';
import { startRuntimeApi, type RuntimeApi } from '../support/lambda-runtime-api.ts';
import { bucketOpened, record, trailStopped } from '../support/records.ts';

/** The built bundle, in a process of its own, fed through Lambda's own HTTP interface. */
const folder = temporaryFolder();
let bundle: LambdaBundle;
let slack: FakeSlack;
let server: ServerProcess;

const workerKey = 'the-key-of-the-worker-in-these-tests';

beforeAll(async () => {
  bundle = await buildLambda(join(folder.path, 'lambda'));
  slack = await startFakeSlack();
  const config = join(folder.path, 'workers.yaml');
  writeFileSync(config, 'workers: [{ name: eu-production, keys: [env:WORKER_KEY] }]\n');
  server = await startServer(['--config', config, '--data', join(folder.path, 'data'), '--quiet'], {
    WORKER_KEY: workerKey,
  });
});

afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  await slack.close();
  folder.remove();
});

/** An event as EventBridge hands it to a function. */
function fromEventBridge(detail: object, detailType = 'AWS API Call via CloudTrail'): object {
  return {
    version: '0',
    id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    'detail-type': detailType,
    source: 'aws.cloudtrail',
    account: '111122223333',
    time: '2026-11-20T10:00:00Z',
    region: 'eu-west-1',
    resources: [],
    detail,
  };
}

/** What the function wrote to its log, in all invocations. */
let logged = '';

async function invoke(
  events: readonly object[],
  env: Record<string, string>,
): Promise<RuntimeApi['answers']> {
  const api = await startRuntimeApi(events);
  const child = spawn(
    process.execPath,
    [join(root, 'test/support/lambda-runtime.mjs'), join(bundle.folder, 'index.mjs')],
    {
      env: { PATH: process.env.PATH, AWS_LAMBDA_RUNTIME_API: api.address, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    logged += text;
  });
  try {
    return await api.finished;
  } finally {
    child.kill('SIGKILL');
    await api.close();
  }
}

describe('the Lambda function', () => {
  it('holds no client of AWS and no mail program: channels that Lambda cannot be given are not in it', () => {
    const code = readFileSync(join(bundle.folder, 'index.mjs'), 'utf8');
    expect(code).not.toMatch(/SNSClient|SESv2Client|SecurityHubClient|EventBridgeClient|nodemailer/);
    expect(code).toContain('chat.postMessage');
  });

  it('is at most 900 KB of code, analysers of all services included', () => {
    expect(bundle.codeBytes).toBeLessThanOrEqual(900_000);
  });

  it('says when it starts without a server that rules over several events do not run, and their rules raise nothing', async () => {
    logged = '';
    const read = record({ eventSource: 'secretsmanager.amazonaws.com', eventName: 'GetSecretValue' });
    const answers = await invoke([fromEventBridge(read), fromEventBridge(read)], {
      TOCSIN_SLACK_WEBHOOK_URL: slack.webhookUrl,
    });
    expect(answers).toMatchObject([{ body: { events: 1, alerts: [] } }, { body: { events: 1, alerts: [] } }]);
    const lines = logged.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('correlation rules do not run'),
      rules: expect.arrayContaining(['Many secrets read one by one']),
    });
  });

  it('tells Slack of an event that matters, and nobody of one that does not', async () => {
    const stopped = trailStopped();
    const answers = await invoke([fromEventBridge(record()), fromEventBridge(stopped)], {
      TOCSIN_SLACK_WEBHOOK_URL: slack.webhookUrl,
    });
    expect(answers).toMatchObject([
      { type: 'response', body: { records: 1, events: 1, alerts: [] } },
      { type: 'response', body: { records: 1, events: 1, alerts: [{ severity: 'critical' }] } },
    ]);
    expect(slack.messages).toHaveLength(1);
    expect(slack.problems).toEqual([]);
  });

  it.each([
    [
      'AWS Console Sign In via CloudTrail',
      {
        eventSource: 'signin.amazonaws.com',
        eventName: 'ConsoleLogin',
        eventType: 'AwsConsoleSignIn',
        responseElements: { ConsoleLogin: 'Success' },
        additionalEventData: { MFAUsed: 'No' },
      },
    ],
    ['AWS Service Event via CloudTrail', { eventType: 'AwsServiceEvent' }],
  ])('decodes "%s"', async (detailType, change) => {
    const [answer] = await invoke([fromEventBridge(record(change), detailType)], {
      TOCSIN_SLACK_WEBHOOK_URL: slack.webhookUrl,
    });
    expect(answer).toMatchObject({ type: 'response', body: { events: 1 } });
  });

  it('hands what matters to a server, which raises the same alert once however often Lambda tries', async () => {
    const opened = fromEventBridge(bucketOpened());
    const answers = await invoke([opened, opened], { TOCSIN_SERVER_URL: server.address });
    expect(answers.map((answer) => answer.type)).toEqual(['response', 'response']);
    const { alerts } = (await (await fetch(`${server.address}/v1/alerts`)).json()) as {
      alerts: { id: string }[];
    };
    expect(alerts).toHaveLength(1);
    expect(answers[0]).toMatchObject({ body: { alerts: [{ id: alerts[0]?.id }] } });
  });

  it('is a worker where it has a name and a key, and its name stands in the alert', async () => {
    const stopped = trailStopped();
    const env = { TOCSIN_SERVER_URL: server.address, TOCSIN_WORKER: 'eu-production' };
    const [wrong] = await invoke([fromEventBridge(stopped)], {
      ...env,
      TOCSIN_SERVER_KEY: 'another-key-that-is-long-enough-but-wrong',
    });
    expect(JSON.stringify(wrong)).toMatch(/"type":"error".*name or key is wrong/);
    const [answer] = await invoke([fromEventBridge(stopped)], { ...env, TOCSIN_SERVER_KEY: workerKey });
    expect(answer).toMatchObject({ type: 'response', body: { alerts: [{ severity: 'critical' }] } });
    const { alerts } = (await (await fetch(`${server.address}/v1/alerts?action=StopLogging`)).json()) as {
      alerts: { evidence: { eventId: string; provenance: object } }[];
    };
    expect(alerts).toMatchObject([
      { evidence: { eventId: stopped.eventID, provenance: { source: 'lambda', worker: 'eu-production' } } },
    ]);
  });

  it('hands what only rules over several events are about to a server, which raises their alert', async () => {
    const config = join(folder.path, 'tocsin.yaml');
    writeFileSync(config, 'correlations: { latenessMinutes: 0 }\n');
    const correlating = await startServer([
      '--config',
      config,
      '--data',
      join(folder.path, 'correlating'),
      '--quiet',
    ]);
    try {
      const reads = Array.from({ length: 12 }, (_, i) =>
        fromEventBridge(
          record({
            eventSource: 'secretsmanager.amazonaws.com',
            eventName: 'GetSecretValue',
            eventTime: new Date().toISOString().replace(/\.\d+/, ''),
            eventID: `5ec2e7ab-0000-4000-8000-${String(i).padStart(12, '0')}`,
            requestParameters: { secretId: `secret-${i}` },
          }),
        ),
      );
      const answers = await invoke(reads, { TOCSIN_SERVER_URL: correlating.address });
      expect(answers.every((answer) => answer.type === 'response')).toBe(true);
      await expect
        .poll(async () => JSON.stringify(await (await fetch(`${correlating.address}/v1/alerts`)).json()), {
          timeout: 60_000,
          interval: 250,
        })
        .toContain('different secrets within');
    } finally {
      correlating.child.kill('SIGTERM');
      await correlating.ended;
    }
  }, 180_000);

  it.each([
    [
      'a receiver that answers with an error',
      () => slack.answerNext({ type: 'answer', status: 500, body: 'oops' }),
      fromEventBridge(trailStopped()),
      'slack',
    ],
    ['an event that is none of CloudTrail', () => {}, { hello: 'world' }, 'a record was rejected'],
  ])('fails the invocation on %s, so that Lambda keeps the event', async (_, prepare, event, reason) => {
    prepare();
    const [answer] = await invoke([event], { TOCSIN_SLACK_WEBHOOK_URL: slack.webhookUrl });
    expect(answer).toMatchObject({ type: 'error', body: { errorType: 'InvocationError' } });
    expect(JSON.stringify(answer)).toContain(reason);
  });

  it('fails every invocation where alerts have nowhere to go', async () => {
    const [answer] = await invoke([fromEventBridge(trailStopped())], {});
    expect(JSON.stringify(answer)).toContain('alerts have nowhere to go: set TOCSIN_SERVER_URL');
  });

  it('never writes a secret into its log or its error', async () => {
    const [answer] = await invoke([fromEventBridge(trailStopped())], {
      TOCSIN_SLACK_WEBHOOK_URL: `${slack.url}/services/T0/B0/verysecret`,
    });
    expect(answer?.type).toBe('error');
    expect(JSON.stringify(answer)).not.toContain('verysecret');
  });
});
