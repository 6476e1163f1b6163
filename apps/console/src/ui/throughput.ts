/** How many of these moments fall into each minute of the last hour, the oldest first. */
export function perMinute(moments: readonly string[], now: number, minutes = 60): number[] {
  const bins = Array.from({ length: minutes }, () => 0);
  for (const moment of moments) {
    const age = Math.floor((now - new Date(moment).getTime()) / 60_000);
    const bin = minutes - 1 - Math.max(0, age);
    if (bin >= 0) bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return bins;
}
