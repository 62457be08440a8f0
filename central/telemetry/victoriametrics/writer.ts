/*
 * Batches in: those that arrive within a short while are one group, and one group is under way at a time. Rows newer than anything seen of
 * their point are written blindly, the others are looked up first, so that nothing is ever written twice: of two values with one time
 * VictoriaMetrics would keep either. A group is acknowledged when it is on the server's disk and was read back from there.
 */
import { CodedError, SampleBuilder, type SampleColumns } from '@orewatch/core'
import { telemetryErrors } from '../errors.ts'
import { FATE, LateRows } from '../late-rows.ts'
import type { Newest } from '../newest.ts'
import type { WriteResult } from '../store.ts'
import { victoriaErrors } from './errors.ts'
import { flushToDisk, flushToSearch, postLines, type VictoriaEndpoint } from './http.ts'
import { lookUp } from './reader.ts'
import { lineOf } from './row-codec.ts'

/** How a writer works. */
export interface WriterOptions {
  readonly endpoint: VictoriaEndpoint
  readonly durability: 'snapshot' | 'none'
  readonly groupMs: number
  readonly maxPendingRows: number
  readonly newest: Newest
  /** Resolves when `newest` knows all that is stored of these points. */
  readonly acquaint: (points: ReadonlySet<number>) => Promise<void>
  /** Hears of every group: undefined when it was stored. */
  readonly onOutcome: (error: CodedError | undefined) => void
}

interface Ticket {
  readonly columns: SampleColumns
  readonly settle: PromiseWithResolvers<WriteResult>
}

const BODY_ROWS = 10_000
const GROUP_ROWS = 100_000

/** Writes batches to a server. */
export class Writer {
  readonly #options: WriterOptions
  #queue: Ticket[] = []
  #pendingRows = 0
  #working: Promise<void> | undefined
  #isDraining = false

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /** Samples that wait for their acknowledgement. */
  get pendingRows(): number {
    return this.#pendingRows
  }

  /** Resolves when the batch is on the disk; the columns may be reused as soon as the call returns. */
  write(batch: SampleColumns): Promise<WriteResult> {
    // A batch larger than the bound is still taken when nothing waits, or it could never be written.
    if (this.#pendingRows > 0 && this.#pendingRows + batch.count > this.#options.maxPendingRows) {
      return Promise.reject(telemetryErrors.BUSY({ store: 'victoriametrics', pendingRows: this.#pendingRows }))
    }
    const columns = new SampleBuilder(Math.max(1, batch.count))
    columns.append(batch, 0, batch.count)
    const ticket: Ticket = { columns, settle: Promise.withResolvers<WriteResult>() }
    this.#queue.push(ticket)
    this.#pendingRows += batch.count
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
    return ticket.settle.promise
  }

  /** Resolves when nothing is under way. */
  async drain(): Promise<void> {
    this.#isDraining = true
    while (this.#working !== undefined) await this.#working
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather()
      const group = this.#takeGroup()
      try {
        const results = await this.#commit(group.map(({ columns }) => columns))
        this.#options.onOutcome(undefined)
        group.forEach(({ settle }, i) => settle.resolve(results[i] as WriteResult))
      } catch (err) {
        const error = err instanceof CodedError ? err : victoriaErrors.UNREACHABLE({ reason: String(err) }, err)
        this.#options.onOutcome(error)
        for (const { settle } of group) settle.reject(error)
      }
      for (const { columns } of group) this.#pendingRows -= columns.count
    }
  }

  async #gather(): Promise<void> {
    const { groupMs } = this.#options
    if (groupMs === 0 || this.#isDraining || this.#pendingRows >= GROUP_ROWS) return
    await new Promise((resolve) => {
      setTimeout(resolve, groupMs)
    })
  }

  #takeGroup(): Ticket[] {
    let rows = 0
    let taken = 0
    while (taken < this.#queue.length && (taken === 0 || rows + (this.#queue[taken] as Ticket).columns.count <= GROUP_ROWS)) rows += (this.#queue[taken++] as Ticket).columns.count
    return this.#queue.splice(0, taken)
  }

  async #commit(group: readonly SampleColumns[]): Promise<WriteResult[]> {
    await this.#options.acquaint(new Set(group.flatMap((columns) => [...columns.key.subarray(0, columns.count)])))
    const { fresh, late, origin } = this.#split(group)
    const fates = await this.#judgeLate(fresh, late)
    const results = group.map((columns) => ({ stored: columns.count, duplicates: 0, conflicts: [] as number[] }))
    for (const [row, fate] of fates.entries()) {
      const result = results[origin.batch[row] as number] as (typeof results)[number]
      if (fate !== FATE.store) result.stored--
      if (fate === FATE.duplicate) result.duplicates++
      if (fate === FATE.conflict) result.conflicts.push(origin.row[row] as number)
      if (fate === FATE.store) fresh.append(late, row, row + 1)
    }
    await this.#keep(fresh)
    for (const columns of [fresh, late]) for (let row = 0; row < columns.count; row++) this.#offer(columns, row)
    return results
  }

  #split(group: readonly SampleColumns[]): { fresh: SampleBuilder; late: SampleBuilder; origin: { batch: number[]; row: number[] } } {
    const { newest } = this.#options
    const [fresh, late] = [new SampleBuilder(1_024), new SampleBuilder(64)]
    const origin = { batch: [] as number[], row: [] as number[] }
    for (const [batch, columns] of group.entries()) {
      for (let row = 0; row < columns.count; row++) {
        const isFresh = newest.claim(newest.slotOf(columns.key[row] as number), columns.timeMs[row] as number)
        const target = isFresh ? fresh : late
        target.append(columns, row, row + 1)
        if (isFresh) continue
        origin.batch.push(batch)
        origin.row.push(row)
      }
    }
    return { fresh, late, origin }
  }

  async #judgeLate(fresh: SampleColumns, late: SampleColumns): Promise<Uint8Array> {
    if (late.count === 0) return new Uint8Array(0)
    const rows = new LateRows(late)
    const distinct = rows.distinctRows()
    const keys = new SampleBuilder(distinct.length)
    for (const row of distinct) keys.append(late, row, row + 1)
    await lookUp(this.#options.endpoint, keys, ({ row, value, quality }) => rows.meetStored(distinct[row] as number, value, quality))
    rows.meetFresh(fresh)
    return rows.fates()
  }

  async #keep(rows: SampleColumns): Promise<void> {
    if (rows.count === 0) return
    const { endpoint, durability } = this.#options
    for (let from = 0; from < rows.count; from += BODY_ROWS) {
      let lines = ''
      for (let row = from; row < Math.min(rows.count, from + BODY_ROWS); row++) lines += lineOf(rows, row)
      await postLines(endpoint, lines)
    }
    await (durability === 'snapshot' ? flushToDisk(endpoint) : flushToSearch(endpoint))
    // A server that was killed and started between the write and the snapshot has forgotten the rows, and one whose retention is too short
    // answers 204 and drops them: only what is read back was kept.
    let found = 0
    await lookUp(endpoint, rows, ({ row, value, quality }) => {
      if (Object.is(value, rows.value[row]) && quality === rows.quality[row]) found++
    })
    if (found !== rows.count) throw victoriaErrors.NOT_KEPT({ written: rows.count, found })
  }

  #offer(columns: SampleColumns, row: number): void {
    const { newest } = this.#options
    newest.offer(newest.slotOf(columns.key[row] as number), columns, row)
  }
}
