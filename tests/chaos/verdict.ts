/*
 * Compares what central holds with what the gateway accepted. Samples that the gateway wrote but had not yet told when it
 * was killed may be there too; they must still be what the device showed at that time.
 */
import { reasonOf, samplesOf } from '@orewatch/core'
import { patternTimeOf } from '@orewatch/firmware-adapters/simulation'
import type { Relational } from '../../central/relational/index.ts'
import type { TelemetryStore } from '../../central/telemetry/store.ts'
import { UNITS, VALUES_PER_UNIT } from './setting.ts'
import type { ToldSample, Truth } from './truth.ts'

/** What the comparison found. */
export interface Verdict {
  accepted: number
  /** Told and nowhere at central. */
  lost: number
  /** The same point and time more than once in the store. */
  duplicated: number
  /** Another value or quality than told, or one that the device never showed. */
  wrong: number
  /** In the store without having been told: written just before a kill. */
  untold: number
  quarantined: number
  records: number
  recordsLost: number
  recordsWrong: number
  readonly examples: string[]
}

// From the device's 100 ms step to the gateway's stamp: reading, queueing, a machine with two cores under everything.
const MAX_LAG_MS = 3_000
const PAGE = 10_000
const MAX_EXAMPLES = 20

/** Reads everything back through the store's own port and compares. */
export async function judge(truth: Truth, store: TelemetryStore, relational: Relational): Promise<Verdict> {
  const verdict: Verdict = {
    accepted: truth.accepted,
    lost: 0,
    duplicated: 0,
    wrong: truth.faults.reused + truth.faults.changed,
    untold: 0,
    quarantined: 0,
    records: truth.records.size,
    recordsLost: 0,
    recordsWrong: 0,
    examples: [],
  }
  const { rows } = await relational.pool.query<{ id: number; device: string; metric: string }>('select p.id, d.name as device, p.metric from point p join device d on d.id = p.device_id')
  const ids = new Map(rows.map(({ id, device, metric }) => [`${device}/${metric}`, id]))
  for (let unit = 1; unit <= UNITS; unit++) {
    for (let i = 0; i < VALUES_PER_UNIT; i++) {
      const key = `unit-${unit}/p-${i}`
      const id = ids.get(key)
      const told = new Map(truth.samples.get(key))
      if (id !== undefined) await comparePoint(store, id, { key, index: (unit - 1) * VALUES_PER_UNIT + i, told }, verdict)
      verdict.lost += told.size
      for (const [timeMs, sample] of [...told].slice(0, 2)) note(verdict, `lost ${key} ${timeMs} ${JSON.stringify(sample)}`)
    }
  }
  verdict.quarantined = Number((await relational.pool.query<{ n: string }>('select count(*) as n from quarantine_sample')).rows[0]?.n ?? 0)
  await compareRecords(truth, relational, verdict)
  return verdict
}

async function comparePoint(store: TelemetryStore, id: number, point: { readonly key: string; readonly index: number; readonly told: Map<number, ToldSample> }, verdict: Verdict): Promise<void> {
  let last = Number.NEGATIVE_INFINITY
  let fromMs: number | undefined = 0
  while (fromMs !== undefined) {
    const page: Awaited<ReturnType<TelemetryStore['range']>> = await store.range(id, fromMs, Number.MAX_SAFE_INTEGER, PAGE)
    for (const { timeMs, value, quality, reason } of samplesOf(page.samples)) {
      if (timeMs === last) {
        verdict.duplicated++
        note(verdict, `twice ${point.key} ${timeMs}`)
      }
      last = timeMs
      const told = point.told.get(timeMs)
      point.told.delete(timeMs)
      const stored = Number.isNaN(value) ? null : value
      const isAsTold = told === undefined || (told.value === stored && told.quality === quality)
      if (told === undefined) verdict.untold++
      if (!isAsTold || !isPossible(point.index, timeMs, stored, quality)) {
        verdict.wrong++
        note(verdict, `wrong ${point.key} ${timeMs}: ${stored} Q${quality} (${reasonOf(reason)}), told ${JSON.stringify(told)}`)
      }
    }
    fromMs = page.nextMs
  }
}

function isPossible(index: number, timeMs: number, value: number | null, quality: number): boolean {
  if (value === null) return quality !== 0
  const origin = patternTimeOf(value, timeMs)
  if (origin === undefined || quality !== 0) return false
  return origin.pointIndex === index % VALUES_PER_UNIT && timeMs - origin.timeMs >= -100 && timeMs - origin.timeMs <= MAX_LAG_MS
}

async function compareRecords(truth: Truth, relational: Relational, verdict: Verdict): Promise<void> {
  const { rows } = await relational.pool.query<{ incarnation: string; stream: string; position: string; schema: string; time_ms: string }>(
    'select incarnation, stream, position, schema, time_ms from gateway_record',
  )
  const stored = new Map(rows.map((row) => [`${row.incarnation}/${row.stream}/${row.position}`, row]))
  for (const [key, record] of truth.records) {
    const row = stored.get(key)
    if (row === undefined) verdict.recordsLost++
    else if (row.schema !== record.schema || Number(row.time_ms) !== record.timeMs) verdict.recordsWrong++
    else continue
    note(verdict, `record ${key} ${JSON.stringify(record)}: ${JSON.stringify(row)}`)
  }
}

function note(verdict: Verdict, line: string): void {
  if (verdict.examples.length < MAX_EXAMPLES) verdict.examples.push(line)
}
