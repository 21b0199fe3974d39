import { s3Client } from '../source/aws-clients.ts';
import type { DeadLetterSettings } from './config-dead-letters.ts';
import { folderPlace, s3Place, type DeadLetterPlace } from './dead-letters.ts';

/** The place that the configuration names. */
export function deadLetterPlace(settings: DeadLetterSettings): DeadLetterPlace {
  if ('folder' in settings) return folderPlace(settings.folder);
  const { bucket, prefix, region } = settings.s3;
  return s3Place(s3Client(region), bucket, prefix);
}
