import type { Analyser } from '../fact.ts';
import { databaseGuards } from './databases.ts';
import { guardAnalyser } from './guard.ts';
import { machineGuards } from './machines.ts';
import { storeGuards } from './stores.ts';

/** What happens to the guards of data stores. Fields: protection.ts. */
export const storeProtection: Analyser = guardAnalyser('store-protection', [
  ...databaseGuards,
  ...storeGuards,
]);

/** What happens to the guards of machines and of code that runs. Fields: protection.ts. */
export const machineProtection: Analyser = guardAnalyser('machine-protection', machineGuards);
