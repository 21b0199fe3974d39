/**
 * Members of a CloudTrail record.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export const cloudTrailMembers: readonly string[] = [
  'additionalEventData',
  'addendum',
  'apiVersion',
  'awsRegion',
  'edgeDeviceDetails',
  'errorCode',
  'errorMessage',
  'eventCategory',
  'eventContext',
  'eventID',
  'eventName',
  'eventSource',
  'eventTime',
  'eventType',
  'eventVersion',
  'insightDetails',
  'managementEvent',
  'readOnly',
  'recipientAccountId',
  'requestID',
  'requestParameters',
  'resources',
  'responseElements',
  'serviceEventDetails',
  'sessionCredentialFromConsole',
  'sharedEventID',
  'sourceIPAddress',
  'tlsDetails',
  'userAgent',
  'userIdentity',
  'vpcEndpointAccountId',
  'vpcEndpointId',
];

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
const identityMembers: readonly string[] = [
  'accessKeyId',
  'accountId',
  'arn',
  'credentialId',
  'identityProvider',
  'inScopeOf',
  'invokedBy',
  'onBehalfOf',
  'principalId',
  'sessionContext',
  'type',
  'userName',
];

/** Members that hold one text, in every record. */
export const singleFields: ReadonlySet<string> = new Set([
  'awsRegion',
  'errorCode',
  'eventCategory',
  'eventName',
  'eventSource',
  'eventType',
  'recipientAccountId',
  'sourceIPAddress',
  'userIdentity.arn',
  'userIdentity.type',
  'userIdentity.userName',
]);

/** What is wrong with the name of a field of a CloudTrail record; undefined where nothing is known to be. */
export function problemOfField(name: string): string | undefined {
  const [first = '', second] = name.split('.').map((part) => part.replace(/\[\]$/, ''));
  if (!cloudTrailMembers.includes(first)) return unknown(first, cloudTrailMembers, '');
  if (first === 'userIdentity' && second !== undefined && !identityMembers.includes(second))
    return unknown(second, identityMembers, 'userIdentity.');
  return undefined;
}

function unknown(name: string, known: readonly string[], before: string): string {
  const folded = name.toLowerCase();
  const near = known.find((one) => {
    const other = one.toLowerCase();
    return other === folded || (folded.length > 3 && (other.includes(folded) || folded.includes(other)));
  });
  const hint = near === undefined ? '' : `; did you mean '${before}${near}'?`;
  return `a CloudTrail record has no member '${before}${name}'${hint}`;
}
