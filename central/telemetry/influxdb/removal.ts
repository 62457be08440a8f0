import type { RemovalOrder, RemovedPart } from '../store.ts'
import { type InfluxEndpoint, query } from './http.ts'
import { MEASUREMENT } from './row-codec.ts'

// Alternatives of one expression; more of them make a statement slow to read.
const POINTS_PER_STATEMENT = 1_000

/** Deletes what an order names, or only counts it; each deletion runs within `alone`, so that no write runs beside it. InfluxDB frees the disk when it next compacts. */
export async function removeSamples(
  endpoint: InfluxEndpoint,
  { othersBeforeMs, classes }: RemovalOrder,
  mode: 'look' | 'remove',
  alone: (work: () => Promise<unknown>) => Promise<unknown>,
): Promise<RemovedPart[]> {
  const steps = classes.flatMap(({ points, beforeMs }) => chunksOf(points).map((some) => ({ what: `${some.length} points`, where: `p =~ /^(${some.join('|')})$/ AND `, beforeMs })))
  const named = classes.flatMap(({ points }) => points)
  // A negated expression cannot be cut in pieces, but one for each piece can be joined.
  const notNamed = chunksOf(named).map((some) => `p !~ /^(${some.join('|')})$/ AND `)
  const parts: RemovedPart[] = []
  for (const { what, where, beforeMs } of [...steps, { what: named.length === 0 ? 'all points' : 'all other points', where: notNamed.join(''), beforeMs: othersBeforeMs }]) {
    const condition = `${where}time < '${new Date(beforeMs).toISOString()}'`
    const [series] = await query(endpoint, `SELECT count(q) FROM ${MEASUREMENT} WHERE ${condition}`)
    const samples = (series?.[0]?.values[0]?.[1] as number | undefined) ?? 0
    if (samples === 0) continue
    if (mode === 'remove') await alone(() => query(endpoint, `DELETE FROM ${MEASUREMENT} WHERE ${condition}`))
    parts.push({ what, samples, beforeMs })
  }
  return parts
}

function chunksOf(points: readonly number[]): number[][] {
  return Array.from({ length: Math.ceil(points.length / POINTS_PER_STATEMENT) }, (_, i) => points.slice(i * POINTS_PER_STATEMENT, (i + 1) * POINTS_PER_STATEMENT))
}
