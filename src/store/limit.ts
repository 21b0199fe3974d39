/** How much a page may hold. @throws {RangeError} */
export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > 500) {
    throw new RangeError(`limit: ${limit} is not a whole number from 1 to 500`);
  }
}
