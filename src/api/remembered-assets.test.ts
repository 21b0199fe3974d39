import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assetKey, createAssetMemory } from '../facts/assets/memory.ts';
import { call, remembering } from '../facts/assets/testing/calls.ts';
import { send } from './testing/request.ts';
import { startServer, type TestServer } from './testing/server.ts';

let server: TestServer;
const hostile = `<script>alert(1)</script>"'&`;
const policy = { Statement: { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: hostile } };

beforeAll(async () => {
  server = await startServer();
  const memory = remembering(createAssetMemory(), [
    call(0, 's3', 'CreateBucket', { bucketName: 'vault' }),
    call(5, 's3', 'PutBucketPolicy', { bucketName: 'vault', bucketPolicy: policy }, { by: 'bob' }),
    call(7, 'iam', 'CreateUser', { userName: hostile }, { by: hostile }),
    call(8, 's3', 'DeleteBucket', { bucketName: 'old' }),
  ]);
  await server.store.commit({ alerts: [], assets: memory.changes(), now: 1 });
});

afterAll(() => server.close());

const page = (path: string) => send(server, path, { headers: { accept: 'text/html' } });
const addressOf = (type: string, id: string) => `asset?${new URLSearchParams({ type, id }).toString()}`;

describe('remembered assets', () => {
  it('are listed by the API, page by page', async () => {
    const first = await send(server, '/v1/assets?limit=2');
    expect(first.status).toBe(200);
    const body = JSON.parse(first.body) as { assets: { name: string }[]; next: string | null };
    expect(body.assets.map(({ name }) => name)).toEqual(['old', hostile]);
    const second = await send(server, `/v1/assets?limit=2&cursor=${body.next ?? ''}`);
    expect(JSON.parse(second.body)).toMatchObject({ assets: [{ name: 'vault' }], next: null });
    expect(JSON.parse((await send(server, '/v1/assets?type=AWS::IAM::User')).body)).toMatchObject({
      assets: [{ name: hostile, created: { by: hostile } }],
    });
  });

  it('are shown one by one, with their history', async () => {
    const { status, body } = await send(server, `/v1/${addressOf('AWS::S3::Bucket', 'vault')}`);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      asset: {
        arn: 'arn:aws:s3:::vault',
        created: { by: 'alice' },
        history: [{ action: 'PutBucketPolicy', by: 'bob' }, { action: 'CreateBucket' }],
      },
    });
    expect((await send(server, `/v1/${addressOf('AWS::S3::Bucket', 'none')}`)).status).toBe(404);
  });

  it('are refused where the question is wrong', async () => {
    expect((await send(server, '/v1/assets?limit=0')).status).toBe(400);
    expect((await send(server, '/v1/assets?cursor=x')).status).toBe(400);
    expect((await send(server, '/v1/asset?type=x')).status).toBe(400);
  });

  it('have a page to look for them, which keeps hostile names harmless', async () => {
    const { status, body } = await page('/assets');
    expect(status).toBe(200);
    expect(body).toContain('vault');
    expect(body).toContain('deleted');
    expect(body).not.toContain('<script>alert');
    expect((await page('/assets?text=VAULT&type=&account=')).body).not.toContain('&lt;script');
    expect((await page('/assets?text=nothing')).body).toContain('Nothing is remembered');
  });

  it('have a page each, with what is known and what was done', async () => {
    const { body } = await page(`/${addressOf('AWS::S3::Bucket', 'vault')}`);
    expect(body).toContain('PutBucketPolicy');
    expect(body).toContain('allow anyone (&#96;*&#96;) to');
    expect(body).not.toContain('<script>alert');
    expect((await page(`/${addressOf('AWS::IAM::User', `111122223333/${hostile}`)}`)).body).not.toContain(
      '<script>alert',
    );
    expect((await page('/asset?type=x&id=y')).status).toBe(404);
  });

  it('are filed under their type and id', () => {
    expect(assetKey({ type: 'AWS::S3::Bucket', id: 'vault' })).toBe('AWS::S3::Bucket vault');
  });
});
