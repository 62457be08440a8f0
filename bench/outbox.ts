/*
 * How fast the outbox makes samples durable, what they cost on disk and in memory, beside a table of node:sqlite
 * (WAL, synchronous = FULL) that is given the same batches in the same run. Not a test: nothing here is asserted.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { invariant, SampleBuilder, type SampleColumns, systemClock } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { openOutbox, type Outbox } from '../edge/outbox/index.ts'
import type { BenchOptions, BenchResult } from './bench.ts'

const BATCH_ROWS = 300
// Enough that the disk is the limit, not the twenty milliseconds between two syncs.
const IN_FLIGHT = 100
// Some hundred times what a gateway of 2,000 points/s does.
const FILL_IN_FLIGHT = 20
// The window of the backlog lane.
const WINDOW_BYTES = 256 * 1024

interface Throughput {
  readonly samplesPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly bytesPerSample: number
  readonly drainedPerSecond: number
}

/** Prints durable samples/s, time to durable and bytes a sample for both, and our memory with `--waiting` samples (10 million). */
export async function run({ report, quick, flags }: BenchOptions): Promise<BenchResult> {
  const samples = Number(flags['samples'] ?? (quick ? 90_000 : 3_000_000))
  const waiting = Number(flags['waiting'] ?? (quick ? 100_000 : 10_000_000))
  const pacedS = quick ? 2 : 20
  const directory = await mkdtemp(join(tmpdir(), 'orewatch-bench-outbox-'))
  try {
    report(`${samples} samples in batches of ${BATCH_ROWS}, ${IN_FLIGHT} in flight`)
    const ours = await throughputOfOutbox(join(directory, 'fast'), samples)
    report(`node:sqlite: the same batches, one transaction each, then ${IN_FLIGHT} in one`)
    const single = await throughputOfSqlite(join(directory, 'single.db'), samples, 1)
    const grouped = await throughputOfSqlite(join(directory, 'grouped.db'), samples, IN_FLIGHT)
    report(`paced: 2000 samples/s for ${pacedS} s each`)
    const pacedOurs = await pacedOutbox(join(directory, 'paced'), pacedS)
    const pacedSqlite = await pacedTable(join(directory, 'paced.db'), pacedS)
    report(`memory: ${waiting} samples waiting, in a process of its own`)
    const fill = await inChild('fill', join(directory, 'waiting'), waiting)
    report('memory: the same outbox opened again and drained')
    const drain = await inChild('drain', join(directory, 'waiting'), waiting)
    report('memory: filled once more with MALLOC_ARENA_MAX=2')
    const fillTwoArenas = await inChild('fill', join(directory, 'waiting2'), waiting, { MALLOC_ARENA_MAX: '2' })
    const drainTwoArenas = await inChild('drain', join(directory, 'waiting2'), waiting, { MALLOC_ARENA_MAX: '2' })
    return {
      // Rows are counted and their sums compared on the way; a wrong one ends the run.
      ok: true,
      samplesPerSecond: ours.samplesPerSecond,
      p99DurableMs: pacedOurs['p99Ms'],
      bytesPerSample: ours.bytesPerSample,
      waiting,
      rssMiB: fill.maxRssMiB,
      rssDrainingMiB: drain.maxRssMiB,
      ratioToSqlite: round(ours.samplesPerSecond / single.samplesPerSecond),
      ratioToSqliteGrouped: round(ours.samplesPerSecond / grouped.samplesPerSecond),
      outbox: ours,
      sqlite: single,
      sqliteGrouped: grouped,
      paced: { outbox: pacedOurs, sqlite: pacedSqlite },
      fill,
      drain,
      fillTwoArenas,
      drainTwoArenas,
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function throughputOfOutbox(directory: string, total: number): Promise<Throughput> {
  const outbox = await openOutbox({ directory, clock: systemClock, log: silentLogger(), maxBytes: 8 * 1024 ** 3 })
  const waitsMs: number[] = []
  let sent = 0
  const startMs = performance.now()
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (sent < total) {
        const rows = batch(sent, BATCH_ROWS)
        sent += BATCH_ROWS
        const beganMs = performance.now()
        await outbox.append('routine', rows)
        waitsMs.push(performance.now() - beganMs)
      }
    }),
  )
  const elapsedMs = performance.now() - startMs
  const bytesPerSample = round(outbox.status().diskBytes / sent)
  const drainMs = await timed(async () => {
    await drainOutbox(outbox, sent)
  })
  await outbox.close()
  return { samplesPerSecond: perSecond(sent, elapsedMs), ...percentiles(waitsMs), bytesPerSample, drainedPerSecond: perSecond(sent, drainMs) }
}

/** Reads and confirms everything in windows, as the uplink does; returns how many rows there were. */
async function drainOutbox(outbox: Outbox, expected: number): Promise<number> {
  let rows = 0
  let sum = 0
  for (let at = 0; ; ) {
    const chunk = await outbox.read('routine', at, Infinity, WINDOW_BYTES)
    if (chunk === undefined) break
    rows += chunk.samples?.count ?? 0
    for (let i = 0; i < (chunk.samples?.count ?? 0); i++) sum += chunk.samples?.key[i] as number
    const last = chunk.runs.at(-1)
    at = (last?.first ?? 0) + (last?.count ?? 0)
    outbox.confirm({ incarnation: outbox.incarnation, isComplete: false, streams: new Map([['routine', chunk.runs]]) })
  }
  invariant(rows === expected && sum === aliasSum(expected), `${rows} rows read of ${expected}, sum ${sum}`)
  return rows
}

async function throughputOfSqlite(path: string, total: number, batchesPerCommit: number): Promise<Throughput> {
  const table = new SqliteTable(path)
  const waitsMs: number[] = []
  let sent = 0
  const startMs = performance.now()
  while (sent < total) {
    const beganMs = performance.now()
    const batches: SampleColumns[] = []
    for (let i = 0; i < batchesPerCommit; i++) batches.push(batch(sent + i * BATCH_ROWS, BATCH_ROWS))
    table.append(batches)
    sent += batchesPerCommit * BATCH_ROWS
    for (let i = 0; i < batchesPerCommit; i++) waitsMs.push(performance.now() - beganMs)
  }
  const elapsedMs = performance.now() - startMs
  const bytesPerSample = round(((await stat(path)).size + (await stat(`${path}-wal`)).size) / sent)
  const drainMs = await timed(async () => {
    table.drain(sent)
  })
  table.close()
  return { samplesPerSecond: perSecond(sent, elapsedMs), ...percentiles(waitsMs), bytesPerSample, drainedPerSecond: perSecond(sent, drainMs) }
}

/** The outbox as a table: what one would write without a format of one's own. */
class SqliteTable {
  readonly #db: DatabaseSync

  constructor(path: string) {
    this.#db = new DatabaseSync(path)
    this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      CREATE TABLE sample (position INTEGER PRIMARY KEY, alias INTEGER, timeMs INTEGER, value REAL, quality INTEGER, reason INTEGER, flags INTEGER, delta INTEGER)`)
  }

  append(batches: readonly SampleColumns[]): void {
    const insert = this.#db.prepare('INSERT INTO sample (alias, timeMs, value, quality, reason, flags, delta) VALUES (?, ?, ?, ?, ?, ?, ?)')
    this.#db.exec('BEGIN')
    for (const rows of batches) {
      for (let i = 0; i < rows.count; i++) {
        insert.run(
          rows.key[i] as number,
          rows.timeMs[i] as number,
          rows.value[i] as number,
          rows.quality[i] as number,
          rows.reason[i] as number,
          rows.flags[i] as number,
          rows.gatewayDeltaMs[i] as number,
        )
      }
    }
    this.#db.exec('COMMIT')
  }

  /** Reads and deletes everything in windows of as many rows as fit into one of the outbox. */
  drain(expected: number): void {
    const select = this.#db.prepare('SELECT * FROM sample WHERE position > ? ORDER BY position LIMIT 14000')
    const remove = this.#db.prepare('DELETE FROM sample WHERE position <= ?')
    let seen = 0
    for (let at = 0; ; ) {
      const found = select.all(at)
      if (found.length === 0) break
      seen += found.length
      at = Number(found.at(-1)?.['position'])
      remove.run(at)
    }
    invariant(seen === expected, `${seen} rows read of ${expected}`)
  }

  close(): void {
    this.#db.close()
  }
}

async function pacedOutbox(directory: string, seconds: number): Promise<Record<string, number>> {
  const outbox = await openOutbox({ directory, clock: systemClock, log: silentLogger() })
  const result = await pace(seconds, async (rows) => {
    await outbox.append('routine', rows)
  })
  await outbox.close()
  return result
}

async function pacedTable(path: string, seconds: number): Promise<Record<string, number>> {
  const table = new SqliteTable(path)
  const result = await pace(seconds, async (rows) => {
    table.append([rows])
  })
  table.close()
  return result
}

/** 100 batches of 20 a second, as a gateway of 2,000 points at 1 s makes them. */
async function pace(seconds: number, append: (rows: SampleColumns) => Promise<void>): Promise<Record<string, number>> {
  const waitsMs: number[] = []
  const appends: Promise<void>[] = []
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  for (let n = 0; n < seconds * 100; n++) {
    const dueMs = startMs + n * 10
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    const beganMs = performance.now()
    appends.push(
      append(batch(n * 20, 20)).then(() => {
        waitsMs.push(performance.now() - beganMs)
      }),
    )
  }
  await Promise.all(appends)
  const { user, system } = process.cpuUsage(cpu)
  return { ...percentiles(waitsMs), cpuPercent: round((user + system) / 10 / (performance.now() - startMs)) }
}

interface ChildReport {
  /** Highest resident memory of the whole process, about 88 MiB of which are Node, type stripping and the imports. */
  readonly maxRssMiB: number
  /** Resident memory when everything waits: after the last append, or after opening. */
  readonly rssMiB: number
  readonly openS: number
  readonly seconds: number
}

async function inChild(task: 'fill' | 'drain', directory: string, waiting: number, env: Readonly<Record<string, string>> = {}): Promise<ChildReport> {
  const child = spawn(process.execPath, [import.meta.filename, task, directory, String(waiting)], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  let said = ''
  child.stdout.on('data', (text: Buffer) => {
    said += text.toString()
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  invariant(code === 0, `the ${task} process ended with ${String(code)}`)
  return JSON.parse(said) as ChildReport
}

async function fill(outbox: Outbox, waiting: number): Promise<void> {
  let sent = 0
  await Promise.all(
    Array.from({ length: FILL_IN_FLIGHT }, async () => {
      const rows = new SampleBuilder(BATCH_ROWS)
      while (sent < waiting) {
        const count = Math.min(BATCH_ROWS, waiting - sent)
        fillBatch(rows, sent, count)
        sent += count
        await outbox.append('routine', rows)
      }
    }),
  )
}

async function childMain(task: string, directory: string, waiting: number): Promise<void> {
  const startMs = performance.now()
  const outbox = await openOutbox({ directory, clock: systemClock, log: silentLogger(), maxBytes: 8 * 1024 ** 3 })
  if (task === 'fill') await fill(outbox, waiting)
  const { rss } = process.memoryUsage()
  const opened = performance.now() - startMs
  if (task === 'drain') await drainOutbox(outbox, waiting)
  await outbox.close()
  const report = { maxRssMiB: round(process.resourceUsage().maxRSS / 1024), rssMiB: round(rss / 1024 ** 2), openS: round(opened / 1000), seconds: round((performance.now() - startMs) / 1000) }
  process.stdout.write(`${JSON.stringify(report)}\n`)
}

function aliasSum(count: number): number {
  const cycles = Math.floor(count / 2000)
  const rest = count % 2000
  return (cycles * 2000 * 2001) / 2 + (rest * (rest + 1)) / 2
}

/** Rows of a gateway with 2,000 points: one in a hundred is not good. */
function fillBatch(rows: SampleBuilder, from: number, count: number): SampleBuilder {
  rows.clear()
  for (let i = from; i < from + count; i++) {
    const isBad = i % 100 === 0
    rows.push(1 + (i % 2000), 1_790_000_000_000 + Math.floor(i / 2000) * 1000, Math.sin(i) * 40, isBad ? 4 : 0, isBad ? 7 : 0)
  }
  return rows
}

function batch(from: number, count: number): SampleColumns {
  return fillBatch(new SampleBuilder(count), from, count)
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}

function percentiles(values: readonly number[]): { p50Ms: number; p99Ms: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return { p50Ms: at(0.5), p99Ms: at(0.99) }
}

function perSecond(count: number, elapsedMs: number): number {
  return Math.round((count / elapsedMs) * 1000)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

if (process.argv[1] === import.meta.filename) {
  const [task = '', directory = '', waiting = '0'] = process.argv.slice(2)
  await childMain(task, directory, Number(waiting))
}
