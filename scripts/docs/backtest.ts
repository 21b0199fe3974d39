import { mostAWeek } from '../../src/alert/judgement.ts';
import { table } from './markdown.ts';

/** From how many alerts a week on a rule of a level is called noisy. */
export function noisyLevels(): string {
  return table(
    ['level', 'alerts a week'],
    Object.entries(mostAWeek).map(([level, most]) => [level, String(most)]),
  );
}
