/** Clients and texts of requests as numbers, and what is counted by them: one module, because both work in the same memory. */
export * from './traffic-batch';
export { seedWith } from './seeded-hash';
export * from './traffic-texts';
export * from './traffic-clients';
export * from './traffic-counts';
