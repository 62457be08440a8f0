import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, columnsOf, type Sample, samplesOf, systemClock } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import type { GapBody, OutboxRecord, Stream } from '@orewatch/protocol'
import { type Accepted, openOutbox, type Outbox, type OutboxOptions, type SampleStream } from '../index.ts'

/** A directory with an outbox in it, for tests; closed and removed at the end of `await using`. */
export class OutboxSite implements AsyncDisposable {
  readonly directory: string
  outbox: Outbox

  private constructor(directory: string, outbox: Outbox) {
    this.directory = directory
    this.outbox = outbox
  }

  static async make(options: Partial<OutboxOptions> = {}): Promise<OutboxSite> {
    const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'orewatch-outbox-')))
    try {
      return new OutboxSite(directory, await openIn(directory, options))
    } catch (err) {
      if (options.directory === undefined) await rm(directory, { recursive: true })
      throw err
    }
  }

  /** Closes and opens again, with something done to the files in between. */
  async reopen(options: Partial<OutboxOptions> = {}, between: () => Promise<void> = async () => undefined): Promise<void> {
    await this.outbox.close()
    await between()
    this.outbox = await openIn(this.directory, options)
  }

  append(stream: SampleStream, rows: readonly Sample[]): Promise<Accepted> {
    return this.outbox.append(stream, columnsOf(rows))
  }

  confirm(stream: Stream, ...ranges: readonly (readonly [first: number, count: number])[]): void {
    const stored = new Map([[stream, ranges.map(([first, count]) => ({ first, count }))]])
    this.outbox.confirm({ incarnation: this.outbox.incarnation, isComplete: false, streams: stored })
  }

  /** Everything that waits in a stream. */
  async readAll(stream: Stream): Promise<ReadRows> {
    return await readAll(this.outbox, stream)
  }

  /** Bodies of the gap records that wait to be delivered. */
  async gaps(): Promise<GapBody[]> {
    const { records } = await this.readAll('alarm')
    return records.filter(({ schema }) => schema === 'outbox.gap/1').map(({ body }) => body as unknown as GapBody)
  }

  async names(pattern: RegExp): Promise<string[]> {
    return (await readdir(this.directory)).filter((name) => pattern.test(name)).toSorted()
  }

  /** Changes the bytes of the only file that matches. */
  async damage(pattern: RegExp, change: (bytes: Buffer) => Buffer | undefined): Promise<void> {
    const path = join(this.directory, (await this.names(pattern))[0] as string)
    const bytes = await readFile(path)
    await writeFile(path, change(bytes) ?? bytes)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.outbox.close()
    await rm(this.directory, { recursive: true, force: true })
  }
}

/** Rows of a stream with their positions. */
export interface ReadRows {
  readonly samples: Sample[]
  readonly records: OutboxRecord[]
  readonly positions: number[]
}

/** Reads everything that waits in a stream. */
export async function readAll(outbox: Outbox, stream: Stream): Promise<ReadRows> {
  const all: ReadRows = { samples: [], records: [], positions: [] }
  for (let at = 0; ; ) {
    const chunk = await outbox.read(stream, at, Infinity, 32 * 1024)
    if (chunk === undefined) return all
    if (chunk.samples) all.samples.push(...samplesOf(chunk.samples))
    if (chunk.records) all.records.push(...chunk.records)
    for (const run of chunk.runs) {
      for (let i = 0; i < run.count; i++) all.positions.push(run.first + i)
      at = run.first + run.count
    }
  }
}

/** Healthy samples number `from … from + count − 1`, each different. */
export function healthySamples(count: number, from = 0): Sample[] {
  return Array.from({ length: count }, (_, i) => ({
    key: 1 + ((from + i) % 7),
    timeMs: 1_790_000_000_000 + (from + i) * 1000,
    value: (from + i) / 4,
    quality: 0,
    reason: 0,
    flags: 0,
    gatewayDeltaMs: 0,
  }))
}

/** Integers from `first` to `end − 1`. */
export function span(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i)
}

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  utcMs = 1_790_000_000_000
  upMs = 5_000

  nowMs(): number {
    return this.utcMs
  }
  monotonicMs(): number {
    return this.upMs
  }

  /** Time passes, on both clocks. */
  pass(ms: number): void {
    this.utcMs += ms
    this.upMs += ms
  }
}

function openIn(directory: string, options: Partial<OutboxOptions>): Promise<Outbox> {
  return openOutbox({ clock: systemClock, log: silentLogger(), syncIntervalMs: 0, retryIntervalMs: 10, ...options, directory })
}
