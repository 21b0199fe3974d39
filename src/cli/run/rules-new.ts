import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { stringify } from 'yaml';
import type { Severity } from '../../event/severity.ts';
import { visible } from '../../notify/safe-text.ts';
import { testPathOf } from '../../runtime/rule-tests.ts';
import { parseRules } from '../../sigma/parse.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { writeOut } from '../terminal.ts';

export interface NewRuleFlags {
  title?: string;
  level: Severity;
}

/** Writes a rule that runs, and its test beside it, for somebody to change both. Never writes over a file. */
export async function newRule(path: string, flags: NewRuleFlags): Promise<number> {
  const shown = visible(path);
  if (!/\.ya?ml$/.test(path) || /\.test\.ya?ml$/.test(path))
    throw new CliFailure(`${shown}: a rule's file ends with .yml, and not with .test.yml`);
  const title = (flags.title ?? titleFrom(path)).trim();
  if (title === '' || title !== visible(title))
    throw new CliFailure(
      'the title is empty or has characters in it that cannot be seen; give another with --title',
    );
  const rule = ruleTemplate({ title, level: flags.level, id: randomUUID(), date: new Date() });
  const [problem] = parseRules(rule, path).problems;
  if (problem) throw new CliFailure(`no rule can be made of this: ${visible(problem.message)}`);
  const testPath = testPathOf(path);
  for (const taken of [path, testPath])
    if (existsSync(taken))
      throw new CliFailure(`${visible(taken)}: is there already and is left as it is; name another file`);
  await write(path, rule);
  try {
    await write(testPath, testTemplate);
  } catch (error) {
    // Half of the pair would be in the way of the next try.
    await unlink(path);
    throw error;
  }
  await writeOut(
    `wrote ${shown} and ${visible(testPath)}\nChange both, then try them: tocsin rules test ${shown}\n`,
  );
  return exitCode.ok;
}

async function write(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    throw new CliFailure(
      `${visible(path)}: cannot be written: ${visible(error instanceof Error ? error.message : String(error))}`,
    );
  }
}

/** `my-rules/backup-bucket_deleted.yml` is about "Backup bucket deleted". */
function titleFrom(path: string): string {
  const words = basename(path)
    .replace(/\.ya?ml$/, '')
    .replace(/[-_.\s]+/g, ' ')
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function ruleTemplate(given: {
  readonly title: string;
  readonly level: Severity;
  readonly id: string;
  readonly date: Date;
}): string {
  return `${stringify({ title: given.title }, { lineWidth: 0 })}# An alert is known by this id: never change it.
id: ${given.id}
status: experimental
description: Say what it means that this happened, and why it matters.
date: ${given.date.toISOString().slice(0, 10)}
tags:
  - attack.impact
  - attack.t1485
logsource:
  product: aws
  service: cloudtrail
detection:
  # CloudTrail's own fields, and what Tocsin made of the record under tocsin. ('tocsin rules fields' lists them).
  selection:
    eventSource: s3.amazonaws.com
    eventName: DeleteBucket
    tocsin.outcome.result: success
  # What is allowed to do it.
  allowed:
    tocsin.actor.name|startswith: cleaner/
  condition: selection and not allowed
falsepositives:
  - Say who does this rightly.
level: ${given.level}
tocsin:
  headline: '{tocsin.actor.name} deleted the bucket {requestParameters.bucketName}'
  response: |
    Say what to do first.
    And then.
`;
}

const testTemplate = `# A whole record, best a real one with other names in it. Each case changes it; null deletes.
base:
  eventVersion: '1.11'
  userIdentity:
    type: IAMUser
    principalId: AIDACKCEVSQ6C2EXAMPLE
    arn: arn:aws:iam::111122223333:user/alice
    accountId: '111122223333'
    accessKeyId: AKIAIOSFODNN7EXAMPLE
    userName: alice
  eventTime: 2026-05-11T09:12:33Z
  eventSource: s3.amazonaws.com
  eventName: DeleteBucket
  awsRegion: eu-west-1
  sourceIPAddress: 203.0.113.24
  userAgent: aws-cli/2.27.41
  requestParameters:
    bucketName: invoices
  responseElements: null
  eventID: 3f0f6e2d-1df1-4a60-9f0e-0c5e5f1f8f11
  eventType: AwsApiCall
  recipientAccountId: '111122223333'
cases:
  - name: A bucket is deleted
    expect: match
    headline: alice deleted the bucket invoices
  - name: The attempt is refused
    expect: no match
    change:
      errorCode: AccessDenied
  - name: Somebody who is allowed to does it
    expect: no match
    change:
      userIdentity:
        type: AssumedRole
        arn: arn:aws:sts::111122223333:assumed-role/cleaner/nightly
        userName: null
        sessionContext:
          sessionIssuer:
            type: Role
            arn: arn:aws:iam::111122223333:role/cleaner
            userName: cleaner
`;
