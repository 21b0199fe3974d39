import { copyable } from './copyable.ts';
import { html, preformatted, type Html } from './html.ts';

const s3Configuration = `sources:
  s3:
    - queueUrl: https://sqs.eu-west-1.amazonaws.com/111122223333/cloudtrail
      region: eu-west-1`;

/** What a newcomer sees before the first alert: three ways to get there. */
export function emptyStore(address: string, keysNeeded: boolean): Html {
  const key = keysNeeded ? ` \\\n  -H 'x-api-key: YOUR_KEY'` : '';
  const curl = `curl ${address}/v1/events${key} \\\n  --data-binary @cloudtrail.json.gz`;
  return html`<div class="card empty">
    <h2>No alerts yet</h2>
    <p>
      Tocsin is listening. As soon as a rule matches something in your CloudTrail, it stands here: who did
      what, from where, and what to do first. Three ways to show it events:
    </p>
    <ol class="ways">
      <li>
        <h3>Send a file</h3>
        <p>A CloudTrail file as AWS delivers it, JSON lines or a single event, plain or gzip:</p>
        ${copyable(preformatted(curl), 'The command for sending a file')}
      </li>
      <li>
        <h3>Look through an archive</h3>
        <p>Prints what it finds and needs no server; folders and globs are fine:</p>
        ${copyable(preformatted('tocsin scan ./AWSLogs/'), 'The command for scanning an archive')}
      </li>
      <li>
        <h3>Follow a bucket</h3>
        <p>
          Let S3 notify an SQS queue of new CloudTrail files, name the queue in the configuration, and start
          <code>tocsin serve</code> with it:
        </p>
        ${copyable(preformatted(s3Configuration), 'The configuration for S3')}
      </li>
    </ol>
  </div>`;
}
