import { accountOfArn } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import type { Analyser, Fact } from '../fact.ts';
import type { Known } from '../known.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import { whoseAccount } from '../whose.ts';
import { transferEnded, transfersOf } from './destination.ts';
import type { Destination, Shipment } from './destination.ts';
import { bucketCalls, requestOf } from './s3-calls.ts';
import { children, element, leaf } from './xml.ts';

/**
 * Who is told what happens in a bucket: topics, queues, functions. What is told has the names of objects.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
 */
export const s3Notifications: Analyser = {
  name: 's3-notifications',
  subjects: ['transfer'],
  actions: bucketCalls('PutBucketNotification', 'PutBucketNotificationConfiguration'),
  analyse,
};

// The elements of the XML, and the names that SDKs give them.
const kinds: readonly (readonly [configuration: string, ...arn: string[]])[] = [
  ['TopicConfiguration', 'Topic', 'TopicArn'],
  ['TopicConfigurations', 'Topic', 'TopicArn'],
  ['QueueConfiguration', 'Queue', 'QueueArn'],
  ['QueueConfigurations', 'Queue', 'QueueArn'],
  ['CloudFunctionConfiguration', 'CloudFunction', 'LambdaFunctionArn'],
  ['LambdaFunctionConfiguration', 'CloudFunction', 'LambdaFunctionArn'],
  ['LambdaFunctionConfigurations', 'CloudFunction', 'LambdaFunctionArn'],
];

function analyse(event: Event, known: Known): readonly Fact[] {
  const resource = s3ResourceOf(event, 'bucket');
  if (resource === undefined) return [];
  const { spoken, owner } = resource;
  const shipment: Shipment = {
    event,
    resource,
    kind: 'notifications',
    does: `news of what happens in ${spoken} now go`,
    shownBy: 'GetBucketNotificationConfiguration',
  };
  const request = requestOf(event);
  const configuration = element(request, 'NotificationConfiguration');
  if (configuration === undefined && !Object.hasOwn(request ?? {}, 'NotificationConfiguration')) {
    const sentence = `the notifications of ${spoken} were set, but where to cannot be read from the record`;
    return [transferEnded(shipment, sentence, true)];
  }
  const destinations = kinds.flatMap(([name, ...arns]) =>
    children(configuration, name).flatMap((one): readonly Destination[] => {
      const arn = arns.map((member) => leaf(one, member)).find((text) => text !== undefined);
      if (arn === undefined) return [];
      const account = accountOfArn(arn);
      return [
        { name: arn, account, whose: whoseAccount(account, owner, known), scope: [], givesOwnership: false },
      ];
    }),
  );
  return destinations.length > 0
    ? transfersOf(shipment, destinations)
    : [transferEnded(shipment, `no topic, queue or function is told any more what happens in ${spoken}`)];
}
