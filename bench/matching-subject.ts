import { measureCloudTrail, type CloudTrailSubject } from './matching.ts';

// `matching.ts` starts this for each of its subjects.
const [name, size] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await measureCloudTrail(name as CloudTrailSubject, size === 'smoke')));
