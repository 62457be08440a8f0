/*
 * What every telemetry store promises, as tests; read it before writing a store. A store calls `describeTelemetryStore` once.
 * Where a capability is declared lacking, the test that needs it checks the lack instead of being passed over.
 */
import { type Sample, columnsOf, SampleBuilder, samplesOf } from '@orewatch/core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { all, type Context, filled, INCARNATION, latest, latestOf, sample, T0, timesOf } from './conformance-context.ts'
import { anySample, applyTo, crowdedSample, DAY_MS, monthMs } from './conformance-samples.ts'
import { describeRemoval } from './removal-conformance.ts'
import type { StoreCapabilities, TelemetryStore } from './store.ts'

/** A place where one store lives through a test. */
export interface StorePlace {
  /** Opens the store of this place; a second call after `close` or `kill9` finds what was stored. */
  open(): Promise<TelemetryStore>
  /** Removes everything. */
  remove(): Promise<void>
}

/** How a store proves itself. */
export interface StoreConformance {
  readonly capabilities: StoreCapabilities
  /** Makes an empty place. */
  makePlace(): Promise<StorePlace>
}

/** Declares the suite for one store. */
export function describeTelemetryStore(name: string, { capabilities, makePlace }: StoreConformance): void {
  describe(`${name} as a telemetry store`, () => {
    let place: StorePlace
    let store: TelemetryStore
    beforeEach(async () => {
      place = await makePlace()
      store = await place.open()
    })
    afterEach(async () => {
      await store.close()
      await place.remove()
    })
    const reopen = async (): Promise<void> => {
      await store.close()
      store = await place.open()
    }
    const context: Context = { store: () => store, reopen, capabilities }
    describeWriting(context)
    describeConflicts(context)
    describeRanges(context)
    describeReading(context)
    describeLatest(context)
    describeRemoval(context)
    describeLimits(context)
  })
}

function describeWriting({ store, reopen }: Context): void {
  test('gives back exactly what was written, bit for bit', async () => {
    const values = [
      0,
      -0,
      1.5,
      -1.5,
      0.1,
      20.949,
      1 / 3,
      5e-324,
      2.2250738585072014e-308,
      Number.MAX_VALUE,
      -Number.MAX_VALUE,
      1e21,
      123456789012345680000,
      2 ** 53,
      -0.001,
      999_999.999,
      Math.fround(20.9),
    ]
    const written = values.map((value, i) => sample(7, T0 + i, { value }))
    await store().write(columnsOf(written), [])
    expect(await all(store(), 7)).toEqual(written)
  })

  test('keeps quality, reason, flags and gateway delta, also where there is no value', async () => {
    const written = [
      sample(7, T0, { value: Number.NaN, quality: 2, reason: 1 }),
      sample(7, T0 + 1, { value: 4.2, quality: 8, reason: 20, flags: 7, gatewayDeltaMs: -2_147_483_648 }),
      sample(7, T0 + 2, { value: 4.2, quality: 9, reason: 255, flags: 255, gatewayDeltaMs: 2_147_483_647 }),
      sample(7, T0 + 3, { value: Number.NaN, quality: 4, reason: 7, flags: 1, gatewayDeltaMs: 12 }),
    ]
    await store().write(columnsOf(written), [])
    expect(await all(store(), 7)).toEqual(written)
  })

  test('gives back any samples after a restart (property)', async () => {
    let point = 100
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anySample, { selector: (s) => s.timeMs, maxLength: 30 }), async (drawn) => {
        point++
        const written = drawn.map((s) => ({ ...s, key: point }))
        await store().write(columnsOf(written), [])
        expect(await all(store(), point)).toEqual(written.toSorted((a, b) => a.timeMs - b.timeMs))
      }),
      { numRuns: 30 },
    )
    const before = await all(store(), 101)
    await reopen()
    expect(await all(store(), 101)).toEqual(before)
  }, 120_000)

  test('writing the same batch twice changes nothing', async () => {
    const batch = columnsOf([sample(1, T0), sample(1, T0 + 1_000), sample(2, T0, { value: Number.NaN, quality: 2, reason: 1 })])
    await store().write(batch, [])
    await store().write(batch, [])
    expect(await store().count()).toBe(3)
  })

  test('writing the same batch again after a restart changes nothing', async () => {
    const batch = columnsOf([sample(1, T0), sample(1, T0 + 1_000), sample(2, T0)])
    await store().write(batch, [])
    await reopen()
    await store().write(batch, [])
    expect(await store().count()).toBe(3)
  })

  test('a resend that brings new samples along stores only these', async () => {
    await store().write(columnsOf([sample(1, T0), sample(1, T0 + 2_000)]), [])
    await store().write(columnsOf([sample(1, T0), sample(1, T0 + 1_000), sample(1, T0 + 2_000), sample(1, T0 + 3_000)]), [])
    expect(timesOf(await all(store(), 1))).toEqual([0, 1_000, 2_000, 3_000])
  })

  test('the same batch sent many times at once is stored once', async () => {
    const batch = columnsOf(Array.from({ length: 50 }, (_, i) => sample(i % 5, T0 + i)))
    await Promise.all(Array.from({ length: 8 }, () => store().write(batch, [])))
    expect(await store().count()).toBe(50)
  })

  test('samples may come in any order', async () => {
    await store().write(columnsOf([sample(1, T0 + 3_000), sample(1, T0), sample(1, T0 + 2_000)]), [])
    await store().write(columnsOf([sample(1, T0 + 1_000)]), [])
    expect(timesOf(await all(store(), 1))).toEqual([0, 1_000, 2_000, 3_000])
  })

  test('samples that come months late are stored', async () => {
    await store().write(columnsOf([sample(1, T0)]), [])
    const late = [sample(1, monthMs(-6) - 1), sample(1, monthMs(-6)), sample(1, monthMs(-10) - DAY_MS)]
    await store().write(columnsOf(late), [])
    await store().write(columnsOf(late), [])
    expect(await all(store(), 1)).toEqual([late[2], late[0], late[1], sample(1, T0)])
  })

  test('one batch may span months', async () => {
    const batch = [sample(1, monthMs(0) - 1), sample(1, monthMs(0)), sample(1, monthMs(1) - 3_600_000), sample(1, monthMs(1))]
    await store().write(columnsOf(batch), [])
    await store().write(columnsOf(batch), [])
    expect(await all(store(), 1)).toEqual(batch)
  })

  test('the same sample twice in one batch is stored once', async () => {
    await store().write(columnsOf([sample(1, T0), sample(1, T0), sample(1, T0 + 1), sample(1, T0)]), [])
    expect(await all(store(), 1)).toEqual([sample(1, T0), sample(1, T0 + 1)])
  })

  test('the caller may reuse the columns while the write is under way', async () => {
    const builder = new SampleBuilder()
    builder.push(1, T0, 20)
    const written = store().write(builder, [])
    builder.clear()
    builder.push(1, T0 + 5_000, 99)
    await written
    expect(await all(store(), 1)).toEqual([sample(1, T0)])
  })

  test('concurrent writers do not disturb each other', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, writer) => store().write(columnsOf(Array.from({ length: 25 }, (_unused, i) => sample(writer, T0 + i))), [])))
    expect(await store().count()).toBe(1_000)
    expect(await all(store(), 39)).toHaveLength(25)
  })

  test('an empty batch is fine', async () => {
    expect(await store().write(columnsOf([]), [])).toEqual({ stored: 0, duplicates: 0, conflicts: [] })
    expect(await store().count()).toBe(0)
  })

  test('a batch of 100,000 samples is stored whole', async () => {
    const builder = new SampleBuilder(100_000)
    for (let i = 0; i < 100_000; i++) builder.push(i % 2_000, T0 + Math.floor(i / 2_000) * 1_000, i / 10)
    expect((await store().write(builder, [])).stored).toBe(100_000)
    expect(await store().count()).toBe(100_000)
    expect((await all(store(), 1_999)).map((s) => s.value)).toEqual(Array.from({ length: 50 }, (_, i) => (i * 2_000 + 1_999) / 10))
  })
}

function describeConflicts({ store, reopen, capabilities }: Context): void {
  if (!capabilities.detectsConflicts) {
    test('declares that of contradicting samples the last written wins, whole', async () => {
      await store().write(columnsOf([sample(1, T0, { value: 1, flags: 3, gatewayDeltaMs: 9 })]), [])
      await store().write(columnsOf([sample(1, T0, { value: Number.NaN, quality: 2, reason: 1 })]), [])
      expect(await all(store(), 1)).toEqual([sample(1, T0, { value: Number.NaN, quality: 2, reason: 1 })])
    })
    return
  }

  test('a sample that contradicts a stored one is reported by its row and not stored', async () => {
    await store().write(columnsOf([sample(1, T0, { value: 1 }), sample(1, T0 + 1, { value: 2 }), sample(1, T0 + 2, { value: Number.NaN, quality: 2 })]), [])
    const again = columnsOf([sample(1, T0, { value: 9 }), sample(1, T0 + 1, { value: 2 }), sample(1, T0 + 1, { value: 2, quality: 8 }), sample(1, T0 + 2, { value: 0, quality: 2 }), sample(1, T0 + 3)])
    expect(await store().write(again, [])).toEqual({ stored: 1, duplicates: 1, conflicts: [0, 2, 3] })
    expect((await all(store(), 1)).map((s) => s.value)).toEqual([1, 2, Number.NaN, 20])
  })

  test('of contradicting samples in one batch the first is kept', async () => {
    const batch = columnsOf([sample(1, T0, { value: 1 }), sample(1, T0, { value: 2 }), sample(1, T0 - 5, { value: 3 }), sample(1, T0 - 5, { value: 4 }), sample(1, T0 - 5, { value: 3 })])
    expect(await store().write(batch, [])).toEqual({ stored: 2, duplicates: 1, conflicts: [1, 3] })
    expect((await all(store(), 1)).map((s) => s.value)).toEqual([3, 1])
  })

  test('contradictions are found after a restart, and months late', async () => {
    await store().write(columnsOf([sample(1, T0, { value: 1 }), sample(1, monthMs(-8), { value: 2 })]), [])
    await reopen()
    const again = columnsOf([sample(1, monthMs(-8), { value: 3 }), sample(1, T0, { value: 1 }), sample(1, T0 + 1)])
    expect(await store().write(again, [])).toEqual({ stored: 1, duplicates: 1, conflicts: [0] })
  })

  test('a resend that differs only in flags or delta is the same sample', async () => {
    await store().write(columnsOf([sample(1, T0)]), [])
    expect(await store().write(columnsOf([sample(1, T0, { flags: 1, gatewayDeltaMs: 7 })]), [])).toEqual({ stored: 0, duplicates: 1, conflicts: [] })
  })

  test('each of many concurrent batches hears of its own contradictions', async () => {
    await store().write(columnsOf([sample(1, T0, { value: 1 })]), [])
    const results = await Promise.all(Array.from({ length: 10 }, (_, i) => store().write(columnsOf([sample(2, T0 + i), sample(1, T0, { value: i % 2 })]), [])))
    expect(results.map((r) => r.conflicts)).toEqual(Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? [1] : [])))
  })

  test('agrees with a plain map on any sequence of batches (property)', async () => {
    let point = 1_000
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(crowdedSample, { maxLength: 12 }), { minLength: 1, maxLength: 6 }), async (batches) => {
        point += 10
        const model = new Map<string, Sample>()
        for (const batch of batches) {
          const samples = batch.map((s) => ({ ...s, key: point + s.key }))
          expect(await store().write(columnsOf(samples), [])).toEqual(applyTo(model, samples))
        }
        const stored = [...(await all(store(), point)), ...(await all(store(), point + 1))]
        expect(stored).toEqual([...model.values()].toSorted((a, b) => a.key - b.key || a.timeMs - b.timeMs))
      }),
      { numRuns: 40 },
    )
    // A store that syncs a disk for each of two hundred batches may take its time on a busy machine.
  }, 180_000)
}

function describeRanges({ store, reopen, capabilities }: Context): void {
  if (!capabilities.hasTransactionalRanges) {
    test('declares that it keeps no ranges', async () => {
      await store().write(columnsOf([sample(1, T0)]), [filled(0, 1)])
      expect(await store().storedRanges(1, INCARNATION)).toEqual(new Map())
    })
    return
  }

  test('ranges come with the samples and are merged', async () => {
    await store().write(columnsOf([sample(1, T0)]), [filled(0, 10), filled(20, 5)])
    await store().write(columnsOf([sample(1, T0 + 1)]), [filled(10, 10), filled(3, 4), filled(40, 1)])
    const expected = new Map([
      [
        'routine',
        [
          { first: 0, count: 25 },
          { first: 40, count: 1 },
        ],
      ],
    ])
    expect(await store().storedRanges(1, INCARNATION)).toEqual(expected)
    await reopen()
    expect(await store().storedRanges(1, INCARNATION)).toEqual(expected)
  })

  test('streams, incarnations and gateways are kept apart', async () => {
    await store().write(columnsOf([sample(1, T0)]), [filled(0, 10), { ...filled(0, 3), stream: 'vital' }, { ...filled(5, 5), incarnation: 'ffffffffffffffff' }, { ...filled(7, 7), gateway: 2 }])
    expect(await store().storedRanges(1, INCARNATION)).toEqual(
      new Map([
        ['routine', [{ first: 0, count: 10 }]],
        ['vital', [{ first: 0, count: 3 }]],
      ]),
    )
    expect(await store().storedRanges(1, 'ffffffffffffffff')).toEqual(new Map([['routine', [{ first: 5, count: 5 }]]]))
    expect(await store().storedRanges(2, INCARNATION)).toEqual(new Map([['routine', [{ first: 7, count: 7 }]]]))
    expect(await store().storedRanges(3, INCARNATION)).toEqual(new Map())
  })

  test('ranges without samples are stored too', async () => {
    await store().write(columnsOf([]), [filled(8, 2)])
    await reopen()
    expect(await store().storedRanges(1, INCARNATION)).toEqual(new Map([['routine', [{ first: 8, count: 2 }]]]))
  })

  test('ranges of a batch that spans months are stored once', async () => {
    await store().write(columnsOf([sample(1, monthMs(0) - DAY_MS), sample(1, monthMs(0))]), [filled(0, 2)])
    await reopen()
    expect(await store().storedRanges(1, INCARNATION)).toEqual(new Map([['routine', [{ first: 0, count: 2 }]]]))
  })
}

function describeReading({ store }: Context): void {
  test('a range includes its beginning and excludes its end', async () => {
    await store().write(columnsOf([0, 1, 2, 3].map((i) => sample(1, T0 + i))), [])
    const { samples, nextMs } = await store().range(1, T0 + 1, T0 + 3, 100)
    expect([samplesOf(samples), nextMs]).toEqual([[sample(1, T0 + 1), sample(1, T0 + 2)], undefined])
  })

  test('pages follow each other without gap or overlap', async () => {
    const written = Array.from({ length: 25 }, (_, i) => sample(1, monthMs(0) + (i - 12) * 997))
    await store().write(columnsOf(written), [])
    const pages: Sample[][] = []
    let fromMs: number | undefined = 0
    while (fromMs !== undefined) {
      const page = await store().range(1, fromMs, T0, 10)
      pages.push(samplesOf(page.samples))
      fromMs = page.nextMs
    }
    expect(pages.map((page) => page.length)).toEqual([10, 10, 5])
    expect(pages.flat()).toEqual(written)
  })

  test('a page that ends exactly with the last sample has no next', async () => {
    await store().write(columnsOf([0, 1].map((i) => sample(1, T0 + i))), [])
    expect((await store().range(1, 0, T0 + 10, 2)).nextMs).toBeUndefined()
  })

  test('points without samples, and empty spans, give nothing', async () => {
    await store().write(columnsOf([sample(1, T0)]), [])
    expect((await store().range(2, 0, T0 + 1, 10)).samples.count).toBe(0)
    expect((await store().range(1, T0 + 1, T0 + 1, 10)).samples.count).toBe(0)
    expect(await store().aggregate(2, 0, T0 + 1, 60_000)).toEqual([])
    expect(await store().aggregate(1, T0 + 5, T0 + 1, 60_000)).toEqual([])
  })

  test('buckets are aligned to UTC multiples and only those with samples are given', async () => {
    await store().write(
      columnsOf(
        [
          [-1, 1],
          [0, 2],
          [59_999, 4],
          [180_000, 8],
        ].map(([at, value]) => sample(1, T0 + (at as number), { value: value as number })),
      ),
      [],
    )
    expect(await store().aggregate(1, T0 - 3_600_000, T0 + 3_600_000, 60_000)).toEqual([
      { startMs: T0 - 60_000, count: 1, good: 1, min: 1, max: 1, mean: 1, last: 1 },
      { startMs: T0, count: 2, good: 2, min: 2, max: 4, mean: 3, last: 4 },
      { startMs: T0 + 180_000, count: 1, good: 1, min: 8, max: 8, mean: 8, last: 8 },
    ])
  })

  test('only good samples count into values, but all are counted', async () => {
    const written = [
      sample(1, T0, { value: 5 }),
      sample(1, T0 + 1, { value: 99, quality: 3 }),
      sample(1, T0 + 2, { value: Number.NaN, quality: 2, reason: 1 }),
      sample(1, T0 + 3, { value: 7, flags: 1, gatewayDeltaMs: -5 }),
    ]
    await store().write(columnsOf([...written, sample(1, T0 + 60_000, { value: Number.NaN, quality: 2 })]), [])
    expect(await store().aggregate(1, T0, T0 + 120_000, 60_000)).toEqual([
      { startMs: T0, count: 4, good: 2, min: 5, max: 7, mean: 6, last: 7 },
      { startMs: T0 + 60_000, count: 1, good: 0, min: Number.NaN, max: Number.NaN, mean: Number.NaN, last: Number.NaN },
    ])
  })

  test('a bucket may reach over the end of a month, and late samples count', async () => {
    const midnight = monthMs(0)
    await store().write(columnsOf([sample(1, midnight + 1, { value: 4 })]), [])
    await store().write(columnsOf([sample(1, midnight - 1, { value: 2 })]), [])
    // Of some days, so that no bucket begins with this month.
    const bucketMs = [7, 11, 13].map((days) => days * DAY_MS).find((ms) => midnight % ms !== 0) as number
    expect(await store().aggregate(1, midnight - bucketMs, midnight + bucketMs, bucketMs)).toEqual([
      { startMs: Math.floor(midnight / bucketMs) * bucketMs, count: 2, good: 2, min: 2, max: 4, mean: 3, last: 4 },
    ])
  })
}

function describeLatest({ store, reopen }: Context): void {
  test('the newest sample is the one with the newest event time, whenever it came', async () => {
    await store().write(columnsOf([sample(1, T0, { value: 1 }), sample(2, T0, { value: Number.NaN, quality: 2, reason: 1, flags: 2 })]), [])
    await store().write(columnsOf([sample(1, T0 - 5_000, { value: 9 }), sample(1, monthMs(-9), { value: 8 })]), [])
    expect(await latestOf(store(), [2, 1, 3])).toEqual([latest(1, T0, { value: 1 }), latest(2, T0, { value: Number.NaN, quality: 2, reason: 1, flags: 2 })])
  })

  test('the newest samples are there after a restart, also of points that fell silent months ago', async () => {
    await store().write(columnsOf([sample(1, monthMs(-7) + DAY_MS, { value: 3 }), sample(2, T0)]), [])
    await reopen()
    await store().write(columnsOf([sample(2, T0 + 1, { value: 4 })]), [])
    await reopen()
    expect(await latestOf(store(), [1, 2])).toEqual([latest(1, monthMs(-7) + DAY_MS, { value: 3 }), latest(2, T0 + 1, { value: 4 })])
  })

  test('a sample can be read as soon as its write has resolved', async () => {
    for (let i = 0; i < 20; i++) {
      await store().write(columnsOf([sample(1, T0 + i, { value: i })]), [])
      expect((await latestOf(store(), [1]))[0]?.value).toBe(i)
    }
  })
}

function describeLimits({ store, capabilities }: Context): void {
  test('samples that no store can keep are refused with their row', async () => {
    const batch = (bad: Sample) => store().write(columnsOf([sample(1, T0), bad]), [])
    await expect(batch(sample(1, T0 + 0.5))).rejects.toMatchObject({ code: 'TELEMETRY_SAMPLE_INVALID', retry: 'never', details: { row: 1 } })
    await expect(batch(sample(1, Number.NaN))).rejects.toMatchObject({ code: 'TELEMETRY_SAMPLE_INVALID' })
    await expect(batch(sample(1, -1))).rejects.toMatchObject({ code: 'TELEMETRY_SAMPLE_INVALID' })
    await expect(batch(sample(1, Date.UTC(2200, 0, 1)))).rejects.toMatchObject({ code: 'TELEMETRY_SAMPLE_INVALID' })
    await expect(batch(sample(2 ** 31, T0))).rejects.toMatchObject({ code: 'TELEMETRY_SAMPLE_INVALID' })
    expect(await store().count()).toBe(0)
  })

  test('the first and the last point that can be kept are kept', async () => {
    const written = [sample(0, T0), sample(2 ** 31 - 1, T0)]
    await store().write(columnsOf(written), [])
    expect([...(await all(store(), 0)), ...(await all(store(), 2 ** 31 - 1))]).toEqual(written)
  })

  if (capabilities.keepsFarTimes)
    test('the first and the last moment that can be kept are kept', async () => {
      const written = [sample(5, 0), sample(5, Date.UTC(2200, 0, 1) - 1)]
      await store().write(columnsOf(written), [])
      expect(await all(store(), 5)).toEqual(written)
    })
  else
    test('declares that it refuses times too old and too far ahead, whole batches of them, and never drops them silently', async () => {
      for (const timeMs of [0, Date.UTC(2200, 0, 1) - 1]) {
        await expect(store().write(columnsOf([sample(5, T0), sample(5, timeMs)]), [])).rejects.toMatchObject({ retry: 'never', details: { row: 1 } })
      }
      expect(await store().count()).toBe(0)
    })

  test('queries out of bounds are refused', async () => {
    await expect(store().range(1, 0, T0, 0)).rejects.toMatchObject({ code: 'TELEMETRY_QUERY_INVALID' })
    await expect(store().range(1.5, 0, T0, 1)).rejects.toMatchObject({ code: 'TELEMETRY_QUERY_INVALID' })
    await expect(store().range(1, Number.NaN, T0, 1)).rejects.toMatchObject({ code: 'TELEMETRY_QUERY_INVALID' })
    await expect(store().aggregate(1, 0, T0, 0)).rejects.toMatchObject({ code: 'TELEMETRY_QUERY_INVALID' })
    await expect(store().latest([-1])).rejects.toMatchObject({ code: 'TELEMETRY_QUERY_INVALID' })
  })

  test('a closed store refuses work and says so', async () => {
    await store().close()
    await store().close()
    await expect(store().write(columnsOf([sample(1, T0)]), [])).rejects.toMatchObject({ code: 'TELEMETRY_CLOSED' })
    await expect(store().latest([1])).rejects.toMatchObject({ code: 'TELEMETRY_CLOSED' })
    expect(store().health().ok).toBe(false)
  })

  test('a store that works says so', async () => {
    await store().write(columnsOf([sample(1, T0)]), [])
    expect(store().health()).toMatchObject({ ok: true })
  })
}
