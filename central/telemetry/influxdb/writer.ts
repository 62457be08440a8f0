/*
 * Batches in: encodes them at once into request bodies shared by several batches, sends a bounded number of bodies at a time,
 * and settles each batch when all bodies that hold lines of it are acknowledged with 204.
 */
import { gzipSync } from 'node:zlib'
import { CodedError, type SampleColumns } from '@orewatch/core'
import { telemetryErrors } from '../errors.ts'
import { influxErrors } from './errors.ts'
import { type InfluxEndpoint, postLines } from './http.ts'
import { encodeLine, MAX_LINE_BYTES } from './row-codec.ts'

/** How a writer works. */
export interface WriterOptions {
  readonly endpoint: InfluxEndpoint
  readonly connections: number
  readonly compression: 'none' | 'gzip'
  readonly groupMs: number
  readonly maxPendingRows: number
  /** Called before the first body and after the database went missing. */
  readonly prepare: () => Promise<void>
  /** Hears of every body: undefined when it was stored. */
  readonly onOutcome: (error: CodedError | undefined) => void
}

/** A batch under way. */
interface Ticket {
  readonly rows: number
  readonly settle: PromiseWithResolvers<void>
  /** Bodies that hold lines of it and are not acknowledged yet, plus one while it is being encoded. */
  open: number
}

/** Lines of one batch in a body. */
interface Part {
  readonly ticket: Ticket
  readonly start: number
  readonly end: number
}

interface Body {
  readonly bytes: Buffer<ArrayBuffer>
  readonly parts: Part[]
  used: number
  rows: number
}

const BODY_ROWS = 10_000
const BODY_BYTES = BODY_ROWS * 64
const SPARE_BODIES = 8

/** Writes batches to a server. */
export class Writer {
  readonly #options: WriterOptions
  readonly #ready: Body[] = []
  readonly #spare: Buffer<ArrayBuffer>[] = []
  #filling: Body | undefined
  #timer: NodeJS.Timeout | undefined
  #sending = 0
  #pendingRows = 0
  #isPrepared = false
  #preparing: Promise<void> | undefined
  #idle: (() => void)[] = []
  #quiet: (() => void)[] = []
  #pauses = 0
  #paused: Promise<void> = Promise.resolve()

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /** Samples encoded and not acknowledged. */
  get pendingRows(): number {
    return this.#pendingRows
  }

  /** Resolves when every row is acknowledged; the columns may be reused as soon as the call returns. */
  write(columns: SampleColumns): Promise<void> {
    // A batch larger than the bound is still taken when nothing waits, or it could never be written.
    if (this.#pendingRows > 0 && this.#pendingRows + columns.count > this.#options.maxPendingRows) {
      return Promise.reject(telemetryErrors.BUSY({ store: 'influxdb', pendingRows: this.#pendingRows }))
    }
    const ticket: Ticket = { rows: columns.count, settle: Promise.withResolvers<void>(), open: 1 }
    this.#pendingRows += columns.count
    for (let row = 0; row < columns.count; ) row = this.#fill(ticket, columns, row)
    this.#acknowledge(ticket)
    if (this.#filling !== undefined) this.#timer ??= setTimeout(() => this.#seal(), this.#options.groupMs)
    return ticket.settle.promise
  }

  /** Resolves when nothing is under way. */
  async drain(): Promise<void> {
    this.#seal()
    if (this.#sending > 0 || this.#ready.length > 0)
      await new Promise<void>((resolve) => {
        this.#idle.push(resolve)
      })
  }

  /** Runs work while no body is under way; what comes meanwhile waits. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#paused
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#paused = promise
    this.#pauses++
    await before
    while (this.#sending > 0) await new Promise<void>((done) => this.#quiet.push(done))
    try {
      return await work()
    } finally {
      this.#pauses--
      resolve()
      this.#pump()
    }
  }

  #fill(ticket: Ticket, columns: SampleColumns, from: number): number {
    const body = (this.#filling ??= { bytes: this.#spare.pop() ?? Buffer.allocUnsafeSlow(BODY_BYTES), parts: [], used: 0, rows: 0 })
    const start = body.used
    const last = BODY_BYTES - MAX_LINE_BYTES
    let row = from
    for (; row < columns.count && body.used <= last; row++) body.used = encodeLine(body.bytes, body.used, columns, row)
    body.rows += row - from
    body.parts.push({ ticket, start, end: body.used })
    ticket.open++
    if (body.used > last) this.#seal()
    return row
  }

  #seal(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#filling !== undefined) this.#ready.push(this.#filling)
    this.#filling = undefined
    this.#pump()
  }

  #pump(): void {
    while (this.#pauses === 0 && this.#sending < this.#options.connections && this.#ready.length > 0) {
      const body = this.#ready.shift() as Body
      this.#sending++
      void this.#deliver(body).finally(() => {
        this.#sending--
        if (this.#spare.length < SPARE_BODIES) this.#spare.push(body.bytes)
        this.#pump()
        if (this.#sending === 0) for (const resolve of this.#quiet.splice(0)) resolve()
        if (this.#sending === 0 && this.#ready.length === 0 && this.#filling === undefined) for (const resolve of this.#idle.splice(0)) resolve()
      })
    }
  }

  async #deliver(body: Body): Promise<void> {
    try {
      await this.#prepared()
      await this.#post(body.bytes.subarray(0, body.used))
      this.#options.onOutcome(undefined)
      for (const part of body.parts) this.#acknowledge(part.ticket)
    } catch (err) {
      const error = codedError(err)
      if (error.code === 'INFLUXDB_DATABASE_MISSING') this.#isPrepared = false
      // One bad batch must not take its neighbours with it: each is sent alone, so that the fault falls on the one that has it.
      if (error.retry === 'never' && body.parts.length > 1) return this.#deliverApart(body)
      this.#options.onOutcome(error)
      for (const part of body.parts) this.#fail(part.ticket, error)
    }
    return undefined
  }

  async #deliverApart(body: Body): Promise<void> {
    for (const part of body.parts) {
      try {
        await this.#post(body.bytes.subarray(part.start, part.end))
        this.#acknowledge(part.ticket)
      } catch (err) {
        const error = codedError(err)
        this.#options.onOutcome(error)
        this.#fail(part.ticket, error)
      }
    }
  }

  async #post(lines: Buffer<ArrayBuffer>): Promise<void> {
    const isGzip = this.#options.compression === 'gzip'
    await postLines(this.#options.endpoint, isGzip ? gzipSync(lines, { level: 1 }) : lines, isGzip ? 'gzip' : 'identity')
  }

  async #prepared(): Promise<void> {
    if (this.#isPrepared) return
    this.#preparing ??= this.#options
      .prepare()
      .then(() => {
        this.#isPrepared = true
      })
      .finally(() => {
        this.#preparing = undefined
      })
    await this.#preparing
  }

  #acknowledge(ticket: Ticket): void {
    if (--ticket.open > 0) return
    this.#pendingRows -= ticket.rows
    ticket.settle.resolve()
  }

  #fail(ticket: Ticket, error: CodedError): void {
    // Rejecting first: the count still runs to zero with the other bodies, and resolving is then without effect.
    ticket.settle.reject(error)
    this.#acknowledge(ticket)
  }
}

function codedError(err: unknown): CodedError {
  return err instanceof CodedError ? err : influxErrors.UNREACHABLE({ reason: String(err) }, err)
}
