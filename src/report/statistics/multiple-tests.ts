// Many points are many chances of a false alarm: Benjamini and Hochberg's correction. Among what is
// called different, the expected share of false alarms is at most alpha; where nothing differs at
// all, so is the chance of any alarm. Pure.

/** Adjusted p-values in the order given: compare each with alpha. */
export function adjust(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[b] - ps[a]);
  const adjusted = new Array<number>(ps.length);
  let least = 1;
  order.forEach((index, i) => {
    least = Math.min(least, (ps[index] * ps.length) / (ps.length - i));
    adjusted[index] = least;
  });
  return adjusted;
}
