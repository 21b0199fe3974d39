/** Clients and texts of requests as numbers, and what is counted by them: one module, because both work in the same memory. */
export * from './traffic-tables';
export * from './traffic-counts';
