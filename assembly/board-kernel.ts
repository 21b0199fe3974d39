/** What the board counts by rows, clients and URLs: one module, because all of it works in the same memory. */
export * from './frequent-keys';
export * from './board-rows';
