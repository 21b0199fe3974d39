/** A point on the earth in degrees, north and east positive. */
export interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

/** Mean radius of the earth in kilometres (IUGG). */
const radius = 6371.0088;

/** Kilometres between two points along a great circle, on a sphere; half a percent off at most. */
export function kilometresBetween(a: Point, b: Point): number {
  const [north, south] = [radians(a.latitude), radians(b.latitude)];
  const up = Math.sin((south - north) / 2) ** 2;
  const along = Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 2 * radius * Math.asin(Math.min(1, Math.sqrt(up + Math.cos(north) * Math.cos(south) * along)));
}

function radians(degrees: number): number {
  return (degrees / 180) * Math.PI;
}
