import type { DuckDBConnection } from '@duckdb/node-api'
import { telemetryErrors } from '../errors.ts'
import { duckdbErrors } from './errors.ts'
import type { MonthFiles } from './month-files.ts'

const LANES = 2
const MAX_WAITING = 200

interface Lane {
  readonly connection: DuckDBConnection
  tail: Promise<unknown>
  waiting: number
}

/** Connections that only read, beside the writer; a query that takes too long is stopped. */
export class ReaderPool {
  readonly #lanes: readonly Lane[]
  readonly #timeoutMs: number

  private constructor(lanes: readonly Lane[], timeoutMs: number) {
    this.#lanes = lanes
    this.#timeoutMs = timeoutMs
  }

  /** Connects to the files. */
  static async open(files: MonthFiles, timeoutMs: number): Promise<ReaderPool> {
    const lanes: Lane[] = []
    while (lanes.length < LANES) lanes.push({ connection: await files.connect(), tail: Promise.resolve(), waiting: 0 })
    return new ReaderPool(lanes, timeoutMs)
  }

  /** Runs one query in the emptier lane. Rejects with TELEMETRY_BUSY or DUCKDB_QUERY_TIMEOUT. */
  run<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const lane = this.#lanes.reduce((a, b) => (b.waiting < a.waiting ? b : a))
    if (lane.waiting >= MAX_WAITING) return Promise.reject(telemetryErrors.BUSY({ store: 'duckdb', waitingQueries: lane.waiting }))
    lane.waiting++
    const done = lane.tail
      .then(() => this.#withTimeout(lane.connection, work))
      .finally(() => {
        lane.waiting--
      })
    lane.tail = done.catch(() => undefined)
    return done
  }

  /** Waits for what runs and disconnects. */
  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.tail))
    for (const { connection } of this.#lanes) connection.closeSync()
  }

  async #withTimeout<T>(connection: DuckDBConnection, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    let isStopped = false
    const timer = setTimeout(() => {
      isStopped = true
      connection.interrupt()
    }, this.#timeoutMs)
    try {
      return await work(connection)
    } catch (cause) {
      throw isStopped ? duckdbErrors.QUERY_TIMEOUT({ timeoutMs: this.#timeoutMs }, cause) : cause
    } finally {
      clearTimeout(timer)
    }
  }
}
