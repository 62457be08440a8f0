/* How long VictoriaMetrics keeps samples, by its flag -retentionPeriod. */

const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000, y: 365 * 86_400_000 }
const MONTH_MS = 31 * 86_400_000

/** Milliseconds of a -retentionPeriod; a number without unit counts months, and a server without the flag keeps one. */
export function retentionMsOf(flag: string | undefined): number | undefined {
  const match = /^(?<count>\d+(?:\.\d+)?)(?<unit>[hdwy]?)$/.exec(flag ?? '1')
  if (match?.groups === undefined) return undefined
  return Number(match.groups['count']) * (UNITS_MS[match.groups['unit'] ?? ''] ?? MONTH_MS)
}
