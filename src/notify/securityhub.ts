import * as z from 'zod';
import { securityFinding, type AsffPlace } from './asff.ts';
import { awsAnswer, awsSettings, clientSettings, once } from './aws.ts';
import type { Answer, Means, Sender } from './channel.ts';
import { sharedSettings } from './settings.ts';
import { sendTogether, type CallAnswer } from './together.ts';

/**
 * AWS Security Hub: findings by `BatchImportFindings`, at most 100 and 240 KB each.
 * https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
 */

export const securityhubSettings = z.strictObject({
  type: z.literal('securityhub').describe('Findings in AWS Security Hub.'),
  ...sharedSettings,
  account: z
    .string()
    .regex(/^\d{12}$/, 'is no account of AWS')
    .describe('The account whose Security Hub gets the findings: the one that the credentials are of.'),
  ...awsSettings,
  region: z
    .string()
    .regex(/^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/, 'is no region of AWS, such as eu-west-1')
    .describe('Region of that Security Hub.'),
  changes: z
    .boolean()
    .default(true)
    .describe('Bring findings up to date when the status, the severity or the count of an alert changes.'),
});

export type SecurityhubSettings = z.output<typeof securityhubSettings>;

type Finding = ReturnType<typeof securityFinding>;

export function placeOf({ account, region }: SecurityhubSettings): AsffPlace {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return { partition, account, region };
}

export const securityhub = {
  type: 'securityhub' as const,
  settings: securityhubSettings,

  open(settings: SecurityhubSettings): Sender {
    const place = placeOf(settings);
    const client = once(async () => {
      const { SecurityHubClient, BatchImportFindingsCommand } = await import('@aws-sdk/client-securityhub');
      return { client: new SecurityHubClient(clientSettings(settings)), BatchImportFindingsCommand };
    });
    const put = async (findings: readonly Finding[], means: Means): Promise<CallAnswer> => {
      const failed = new Map<string, Answer>();
      const whole = await awsAnswer('Security Hub', settings.endpoint, means, async () => {
        const sdk = await client();
        const input = { Findings: [...findings] };
        const { FailedFindings = [] } = await sdk.client.send(new sdk.BatchImportFindingsCommand(input), {
          abortSignal: means.signal,
        });
        for (const { Id = '', ErrorCode = '' } of FailedFindings) failed.set(Id, findingFailure(ErrorCode));
        return { type: 'accepted' };
      });
      return whole.type === 'accepted'
        ? findings.map(({ Id }) => failed.get(Id) ?? { type: 'accepted', receipt: { findingId: Id } })
        : whole;
    };
    return {
      most: 100,
      send: (messages, means) =>
        sendTogether(
          messages.map(({ alert, context }) => securityFinding(alert, place, context, alert.decidedAt)),
          means,
          (findings) => put(findings, means),
        ),
      ...(settings.changes
        ? {
            follow: async ({ alert, context }, means) => {
              const finding = securityFinding(alert, place, context, context.now);
              const [answer] = await sendTogether([finding], means, (findings) => put(findings, means));
              return answer ?? { type: 'later', reason: 'Security Hub: nothing was sent' };
            },
          }
        : {}),
    };
  },
};

/** https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_ImportFindingsError.html */
function findingFailure(code: string): Answer {
  const says = `Security Hub says ${/^[A-Za-z]{2,60}$/.test(code) ? code : 'that the finding failed'}`;
  if (/AccessDenied|InvalidAccess|Unauthorized/i.test(code))
    return {
      type: 'closed',
      reason: `${says}; check \`account\`, \`region\` and the right securityhub:BatchImportFindings`,
    };
  if (/Throttl|Internal|LimitExceeded|Concurrent/i.test(code)) return { type: 'later', reason: says };
  return { type: 'refused', reason: `${says}: this finding is not taken` };
}
