/* Whatever is called in whatever order, the outbox behaves as a few lines of plain JavaScript do. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SAMPLE_FLAGS, type Sample } from '@orewatch/core'
import { healthySamples, OutboxSite } from './test/outbox-site.ts'

interface Model {
  readonly rows: Sample[]
  readonly confirmed: Set<number>
}

type Step = fc.AsyncCommand<Model, { readonly site: OutboxSite }>

const OPTIONS = { segmentBytes: 3000 }

function waiting(model: Model, from = 0, limit = Infinity): number[] {
  return model.rows.map((_, position) => position).filter((position) => position >= from && position < limit && !model.confirmed.has(position))
}

class Append implements Step {
  readonly counts: readonly number[]
  readonly mark: number
  constructor(counts: readonly number[], mark: number) {
    this.counts = counts
    this.mark = mark
  }
  check = (): boolean => true
  async run(model: Model, { site }: { site: OutboxSite }): Promise<void> {
    const batches = this.counts.map((count, i) => healthySamples(count, model.rows.length + i * 1000).map((row) => ({ ...row, flags: this.mark })))
    const firsts = batches.map((_, i) => model.rows.length + batches.slice(0, i).reduce((sum, rows) => sum + rows.length, 0))
    const accepted = await Promise.all(batches.map((rows) => site.append('routine', rows)))
    expect(accepted.map(({ first }) => first)).toEqual(firsts)
    model.rows.push(...batches.flat())
    expect(site.outbox.next('routine')).toBe(model.rows.length)
  }
  toString = (): string => `append ${this.counts.join('+')}`
}

class Read implements Step {
  readonly from: number
  readonly limit: number
  readonly maxBytes: number
  constructor(from: number, limit: number, maxBytes: number) {
    this.from = from
    this.limit = limit
    this.maxBytes = maxBytes
  }
  check = (): boolean => true
  async run(model: Model, { site }: { site: OutboxSite }): Promise<void> {
    const chunk = await site.outbox.read('routine', this.from, this.limit, this.maxBytes)
    const expected = waiting(model, this.from, this.limit)
    const positions = chunk?.runs.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i)) ?? []
    expect(positions).toEqual(expected.slice(0, positions.length))
    expect(positions.length > 0).toBe(expected.length > 0)
    const { samples } = chunk ?? {}
    expect(samples?.count ?? 0).toBe(positions.length)
    expect(positions.map((_, i) => samples?.value[i])).toEqual(positions.map((position) => model.rows[position]?.value))
    expect(positions.map((_, i) => samples?.flags[i])).toEqual(positions.map((position) => model.rows[position]?.flags))
  }
  toString = (): string => `read ${this.from}…${this.limit} ${this.maxBytes}`
}

class Confirm implements Step {
  readonly ranges: readonly (readonly [number, number])[]
  constructor(ranges: readonly (readonly [number, number])[]) {
    this.ranges = ranges
  }
  check = (): boolean => true
  async run(model: Model, { site }: { site: OutboxSite }): Promise<void> {
    // Central confirms only what it was sent.
    await site.readAll('routine')
    const known = this.ranges.map(([first, count]) => [first, Math.min(count, model.rows.length - first)] as const).filter(([, count]) => count > 0)
    site.confirm('routine', ...known)
    for (const [first, count] of known) for (let i = 0; i < count; i++) model.confirmed.add(first + i)
    expect(site.outbox.status().streams.routine.pending).toBe(waiting(model).length)
  }
  toString = (): string => `confirm ${JSON.stringify(this.ranges)}`
}

class Reopen implements Step {
  check = (): boolean => true
  async run(model: Model, { site }: { site: OutboxSite }): Promise<void> {
    await site.reopen(OPTIONS)
    expect((await site.readAll('routine')).samples).toEqual(waiting(model).map((position) => model.rows[position]))
  }
  toString = (): string => 'reopen'
}

class Restart implements Step {
  check = (): boolean => true
  async run(model: Model, { site }: { site: OutboxSite }): Promise<void> {
    const { incarnation } = site.outbox
    await site.outbox.restart('restored-image')
    expect(site.outbox.incarnation).not.toBe(incarnation)
    expect((await site.readAll('routine')).samples).toEqual(waiting(model).map((position) => model.rows[position]))
  }
  toString = (): string => 'restart'
}

test('append, read, confirm, reopen and restart do what the model does', { timeout: 120_000 }, async () => {
  const position = fc.nat({ max: 1500 })
  const steps = [
    fc.tuple(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 4 }), fc.constantFrom(0, SAMPLE_FLAGS.timeAdjusted)).map(([counts, mark]) => new Append(counts, mark)),
    fc.tuple(position, position, fc.nat({ max: 20_000 })).map(([from, length, maxBytes]) => new Read(from, from + length, maxBytes + 1)),
    fc.array(fc.tuple(position, fc.integer({ min: 1, max: 300 })), { minLength: 1, maxLength: 3 }).map((ranges) => new Confirm(ranges)),
    fc.constant(new Reopen()),
    fc.constant(new Restart()),
  ]
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 25 }), async (commands) => {
      await using site = await OutboxSite.make(OPTIONS)
      await fc.asyncModelRun(() => ({ model: { rows: [], confirmed: new Set<number>() }, real: { site } }), commands)
    }),
    { numRuns: 60 },
  )
})
