import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const store = join(folder.path, 'tocsin.db');
const record = (minute: number, service: string, eventName: string, requestParameters: object) => ({
  eventVersion: '1.11',
  userIdentity: {
    type: 'IAMUser',
    userName: 'ana',
    arn: 'arn:aws:iam::111122223333:user/ana',
    accountId: '111122223333',
  },
  eventTime: `2026-01-01T00:0${minute}:00Z`,
  eventSource: `${service}.amazonaws.com`,
  eventName,
  awsRegion: 'eu-west-1',
  requestParameters,
  responseElements: null,
  eventID: `${minute} ${eventName}`,
  recipientAccountId: '111122223333',
});
const assets = (...args: readonly string[]) => tocsin(['assets', ...args, '--store', store]);

beforeAll(async () => {
  const archive = join(folder.path, 'log.json');
  const Records = [
    record(0, 's3', 'CreateBucket', { bucketName: 'vault' }),
    record(1, 's3', 'PutBucketWebsite', { bucketName: 'vault' }),
    record(2, 'iam', 'CreateUser', { userName: 'bo\u001b[2Jb' }),
  ];
  writeFileSync(archive, JSON.stringify({ Records }));
  await tocsin(['scan', archive, '--store', store, '--quiet']);
});

describe('tocsin assets', () => {
  it('lists what a scan with a store has remembered', async () => {
    const { stdout, code } = await assets('list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/vault +AWS::S3::Bucket +111122223333 +eu-west-1 +ana/);
    expect(stdout).not.toContain('\u001b');
    expect((await assets('list', '--type', 'AWS::IAM::User')).stdout).not.toContain('vault');
    expect((await assets('list', 'none')).stdout).toBe('Nothing is remembered that fits.\n');
    const json = JSON.parse((await assets('list', 'VAUL', '--json')).stdout) as object;
    expect(json).toMatchObject({ assets: [{ name: 'vault', created: { by: 'ana' } }], more: false });
  });

  it('shows one with its history', async () => {
    const { stdout } = await assets('show', 'arn:aws:s3:::vault');
    expect(stdout).toMatch(/made +by ana/);
    expect(stdout).toMatch(/PutBucketWebsite by ana/);
    expect(JSON.parse((await assets('show', 'vault', '--json')).stdout)).toMatchObject([{ id: 'vault' }]);
  });

  it('says what to do where there is no such asset, or no store', async () => {
    const missing = await assets('show', 'nothing');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('tocsin assets list');
    const nowhere = await tocsin(['assets', 'list', '--store', join(folder.path, 'none.db')]);
    expect(nowhere.code).toBe(2);
    expect(nowhere.stderr).toContain('there is no such store');
  });

  it('forgets one', async () => {
    expect((await assets('forget', 'vault')).stdout).toContain('Forgotten: AWS::S3::Bucket vault');
    expect((await assets('show', 'vault')).code).toBe(2);
  });
});
