import { expect, test } from 'vitest'
import { AgeJudge, type DropCandidate, planDrop } from './dropping.ts'
import { healthySamples, ManualClock, OutboxSite, span } from './test/outbox-site.ts'

const DAY_MS = 86_400_000
const QUOTA = { maxBytes: 1000, maxAgeMs: 7 * DAY_MS }

function segments(...bytes: number[]): DropCandidate[] {
  return bytes.map((size) => ({ bytes: size, hasBlocks: true, lastAcceptedMs: 0, lastMonotonicMs: undefined }))
}

function check(streams: { alarm?: number[]; event?: number[]; vital?: number[]; routine?: number[] }, expected: string | undefined): void {
  const { alarm = [64], event = [64], vital = [64], routine = [64] } = streams
  const candidates = { alarm: segments(...alarm), event: segments(...event), vital: segments(...vital), routine: segments(...routine) }
  expect(planDrop(candidates, QUOTA, () => 0)?.stream).toBe(expected)
}

test('nothing goes while everything fits', () => check({ routine: [400, 200], alarm: [200] }, undefined))
test('routine goes first', () => check({ routine: [100, 100], vital: [500, 500], event: [500, 500], alarm: [500, 500] }, 'routine'))
test('vital goes when only the newest of routine is left', () => check({ routine: [100], vital: [500, 500], event: [500, 500] }, 'vital'))
test('then events go', () => check({ event: [500, 500], alarm: [500, 500] }, 'event'))
test('alarms go last', () => check({ alarm: [500, 500] }, 'alarm'))
test('the segment being written to never goes for its size', () => check({ alarm: [5000] }, undefined))

test('a full outbox drops the oldest of the lowest class, and its ledger says exactly what', async () => {
  await using site = await OutboxSite.make({ segmentBytes: 8000, maxBytes: 128 * 1024 })
  await site.append('vital', healthySamples(400))
  for (let i = 0; i < 20; i++) await site.append('routine', healthySamples(500, i * 500))
  await expect.poll(() => site.outbox.status().diskBytes).toBeLessThanOrEqual(128 * 1024)
  expect((await site.readAll('vital')).samples).toEqual(healthySamples(400))
  const { samples, positions } = await site.readAll('routine')
  const kept = positions[0] as number
  expect(kept).toBeGreaterThan(0)
  expect(positions).toEqual(span(kept, 10_000))
  expect(samples).toEqual(healthySamples(10_000 - kept, kept))
  const gaps = await site.gaps()
  expect(gaps.reduce((count, gap) => count + gap.count, 0)).toBe(kept)
  expect(gaps[0]).toEqual({
    incarnation: site.outbox.incarnation,
    stream: 'routine',
    first: 0,
    count: 500,
    reason: 'quota-bytes',
    fromMs: healthySamples(1)[0]?.timeMs,
    toMs: healthySamples(1, 499)[0]?.timeMs,
  })
})

test('what central confirmed is not called lost when its segment is dropped', async () => {
  await using site = await OutboxSite.make({ segmentBytes: 8000, maxBytes: 128 * 1024 })
  await site.append('routine', healthySamples(500))
  await site.readAll('routine')
  site.confirm('routine', [100, 300])
  for (let i = 1; i < 17; i++) await site.append('routine', healthySamples(500, i * 500))
  await expect
    .poll(async () => (await site.gaps()).slice(0, 2))
    .toMatchObject([
      { first: 0, count: 100 },
      { first: 400, count: 100 },
    ])
})

test('drops are remembered across a start and told once', async () => {
  const options = { segmentBytes: 8000, maxBytes: 128 * 1024 }
  await using site = await OutboxSite.make(options)
  for (let i = 0; i < 20; i++) await site.append('routine', healthySamples(500, i * 500))
  await expect.poll(() => site.outbox.status().diskBytes).toBeLessThanOrEqual(128 * 1024)
  const before = await site.gaps()
  await site.reopen(options)
  expect(await site.gaps()).toEqual(before)
})

test('rows of this run that are too old are dropped, and the ledger says it', async () => {
  const clock = new ManualClock()
  await using site = await OutboxSite.make({ clock, maxAgeMs: DAY_MS })
  await site.append('routine', healthySamples(10))
  clock.pass(DAY_MS + 1)
  await expect.poll(() => site.gaps(), { timeout: 5000 }).toMatchObject([{ stream: 'routine', first: 0, count: 10, reason: 'quota-age' }])
  expect((await site.append('routine', healthySamples(1))).first).toBe(10)
})

test('a clock that jumps a year ahead makes nothing old', async () => {
  const clock = new ManualClock()
  const judge = new AgeJudge(clock)
  const written = { bytes: 1, hasBlocks: true, lastAcceptedMs: clock.nowMs(), lastMonotonicMs: clock.monotonicMs() }
  const older = { ...written, lastMonotonicMs: undefined }
  clock.pass(2 * 3_600_000)
  clock.utcMs += 365 * DAY_MS
  judge.watch()
  expect([judge.ageMs(written), judge.ageMs(older)]).toEqual([0, 0])
})

test('after an hour of steady clocks rows of earlier runs have their wall age, and those of this run the smaller one', () => {
  const clock = new ManualClock()
  clock.utcMs += 365 * DAY_MS
  const judge = new AgeJudge(clock)
  const written = { bytes: 1, hasBlocks: true, lastAcceptedMs: clock.nowMs() - 365 * DAY_MS, lastMonotonicMs: clock.monotonicMs() }
  clock.pass(3_600_000)
  judge.watch()
  expect(judge.ageMs(written)).toBe(3_600_000)
  expect(judge.ageMs({ ...written, lastMonotonicMs: undefined })).toBe(365 * DAY_MS + 3_600_000)
})

test('a clock that steps back changes neither positions nor order', async () => {
  const clock = new ManualClock()
  await using site = await OutboxSite.make({ clock })
  await site.append('vital', healthySamples(5))
  clock.utcMs -= 40 * DAY_MS
  expect((await site.append('vital', healthySamples(5, 5))).first).toBe(5)
  await site.reopen({ clock })
  clock.utcMs = 0
  expect((await site.append('vital', healthySamples(5, 10))).first).toBe(10)
  expect((await site.readAll('vital')).samples).toEqual(healthySamples(15))
  expect(await site.gaps()).toEqual([])
})
