/** Numbers as people read them. */

export function percentage(share: number): string {
  if (share > 0.9995) return "100 %";
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export function bytes(count: number): string {
  if (count < 1000) return `${String(count)} B`;
  return count < 1e6 ? `${(count / 1e3).toFixed(0)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

export function milliseconds(value: number): string {
  return value < 1000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${(value / 1000).toFixed(1)} s`;
}

/** Return a number with four digits. */
export function short(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size < 1e-3 || size >= 1e5 ? value.toExponential(1) : String(Number(value.toPrecision(4)));
}
