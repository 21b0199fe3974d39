import { setFlagsFromString } from 'node:v8';

/**
 * Lets this process' memory grow less before garbage is collected; to be called early. Left alone, Node takes up to 100 MB for what lives
 * shortly, and lets the rest grow to several times what is in use; records of an archive are garbage as soon as they are judged. Costs
 * an ordinary scan some percent of its time, and one in which everything matters a third. V8 reads both flags anew at each collection. https://nodejs.org/api/v8.html#v8setflagsfromstringflags
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=30');
}

/**
 * Takes some of that back, for a process that has one thread to itself and so memory to spare: objects that live shortly get four times the
 * room that it was begun with, where that allows it (see `bin/little-memory.json`), and the rest is collected half as often.
 */
export function letHeapGrowSome(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
  setFlagsFromString('--heap-growing-percent=60');
}
