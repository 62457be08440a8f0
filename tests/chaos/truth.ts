/*
 * What the gateway said it accepted, told before its append resolved: the demand on central. A line that came half
 * before a kill was not told.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { RangeSet } from '@orewatch/core'
import type { OutboxRecord } from '@orewatch/protocol'

/** An accepted sample. */
export interface ToldSample {
  readonly value: number | null
  readonly quality: number
}

interface Line {
  readonly incarnation: string
  readonly stream: string
  readonly first: number
  readonly count: number
  readonly rows: readonly unknown[]
}

/** Listens to the gateway's tap and remembers. */
export class Truth {
  /** By `device/point`, then by time. */
  readonly samples = new Map<string, Map<number, ToldSample>>()
  /** By `incarnation/stream/position`. */
  readonly records = new Map<string, OutboxRecord>()
  readonly #positions = new Map<string, RangeSet>()
  readonly #server: Server
  #accepted = 0
  #reused = 0
  #changed = 0

  private constructor() {
    this.#server = createServer((socket) => this.#listen(socket))
  }

  static async on(path: string): Promise<Truth> {
    const truth = new Truth()
    await new Promise<void>((resolve) => {
      truth.#server.listen(path, resolve)
    })
    return truth
  }

  /** Samples told, the same (point, time) once. */
  get accepted(): number {
    return this.#accepted
  }

  /** Positions given to two different batches, and (point, time) told with two values: both must be 0. */
  get faults(): { readonly reused: number; readonly changed: number } {
    return { reused: this.#reused, changed: this.#changed }
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #listen(socket: Socket): void {
    let rest = ''
    socket.setEncoding('utf8')
    socket.on('error', () => {})
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        this.#note(JSON.parse(line) as Line)
        socket.write('+')
      }
    })
  }

  #note({ incarnation, stream, first, count, rows }: Line): void {
    const key = `${incarnation}/${stream}`
    const positions = this.#positions.get(key) ?? new RangeSet()
    this.#positions.set(key, positions)
    if (positions.firstGap(first, first + count)?.count !== count) this.#reused += count
    positions.add(first, count)
    for (const [i, row] of rows.entries()) {
      if (Array.isArray(row)) this.#noteSample(row as [string, string, number, number | null, number])
      else this.records.set(`${key}/${first + i}`, row as OutboxRecord)
    }
  }

  #noteSample([device, name, timeMs, value, quality]: [string, string, number, number | null, number]): void {
    const key = `${device}/${name}`
    const times = this.samples.get(key) ?? new Map<number, ToldSample>()
    this.samples.set(key, times)
    const before = times.get(timeMs)
    if (before === undefined) this.#accepted++
    else if (before.value !== value || before.quality !== quality) this.#changed++
    times.set(timeMs, { value, quality })
  }
}
