import { readdirSync, readFileSync } from 'node:fs';
import { PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { first, onlyReads } from './client.ts';
import { snapshotPermissions } from './services.ts';

/** The source of all that asks AWS, as it is written. */
const texts: ReadonlyMap<string, string> = new Map(
  readdirSync(import.meta.dirname)
    .filter((file) => !file.includes('.test.'))
    .map((file) => [file, readFileSync(`${import.meta.dirname}/${file}`, 'utf8')]),
);

/** What each file imports from the AWS SDK to run it, by the names that the SDK gives. */
const imported = [...texts].flatMap(([file, text]) =>
  [...text.matchAll(/import\s*\{([^}]*)\}\s*from '@aws-sdk\/[^']+'/g)].flatMap(([, names = '']) =>
    names
      .split(',')
      .map((name) => name.trim().split(' as ')[0] ?? '')
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => ({ file, name })),
  ),
);

describe('a snapshot only reads', () => {
  const calls = imported.filter(({ name }) => !name.endsWith('Client'));

  it('imports nothing from the SDK but clients, commands and paginators', () => {
    expect(calls.length).toBeGreaterThan(20);
    expect(calls.filter(({ name }) => !/Command$|^paginate/.test(name))).toEqual([]);
    // Nothing comes in beside these imports.
    for (const [file, text] of texts) expect(text, file).not.toMatch(/import\(['"]@aws-sdk|import \* as/);
  });

  it.each(calls)('$file: $name', ({ name }) => {
    expect(name).toMatch(/^(?:paginate)?(?:Describe|List|Get|Head)[A-Z]/);
  });

  it('has every client refuse what could write, before anything is sent', async () => {
    for (const [file, text] of texts)
      expect(
        text.match(/new \w+Client\(clientSettings|new \w+Client\(\{ ?\s*\.\.\.clientSettings/g)?.length ?? 0,
        file,
      ).toBe(text.match(/middlewareStack\.add\(onlyReads, first\)/g)?.length ?? 0);
    const client = new S3Client({
      region: 'eu-west-1',
      endpoint: 'http://127.0.0.1:1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    client.middlewareStack.add(onlyReads, first);
    const write = client.send(new PutBucketPolicyCommand({ Bucket: 'vault', Policy: '{}' }));
    await expect(write).rejects.toThrow('PutBucketPolicyCommand is refused: a snapshot only reads');
  });

  it('needs the permissions that its list names, and no others', () => {
    const asked = [...texts]
      .filter(([file]) => file !== 'services.ts')
      .flatMap(([, text]) =>
        [...text.matchAll(/'((?:s3|ec2|iam|rds|route53):[A-Z]\w+)'/g)].map(([, one = '']) => one),
      );
    expect([...new Set(asked)].sort()).toEqual(snapshotPermissions);
  });

  it('is told of in the documentation by the same permissions', () => {
    const docs = readFileSync(`${import.meta.dirname}/../../../docs/assets.md`, 'utf8');
    const policy = /```json\n(\{[^`]*"Effect"[^`]*\})\n```/.exec(docs)?.[1] ?? '{}';
    expect(JSON.parse(policy)).toMatchObject({
      Statement: [{ Effect: 'Allow', Action: snapshotPermissions, Resource: '*' }],
    });
  });
});
