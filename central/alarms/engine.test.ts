/* Alarms from stored samples on a real PostgreSQL and a real DuckDB; each test has a span of time of its own. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { journalErrors, type AlarmJournal } from './index.ts'
import { type AlarmSite, CO, MINE, openAlarmSite } from './test/alarm-site.ts'

const ALL = { scope: { divisionPrefix: '' }, state: 'all', limit: 100 } as const
const HOUR = 3_600_000

let site: AlarmSite
let startMs: number

beforeAll(async () => {
  site = await openAlarmSite()
  startMs = Date.now()
}, 60_000)
afterAll(() => site[Symbol.asyncDispose]())
beforeEach(() => {
  site.told.length = 0
  startMs += HOUR
})

/** What the journal has of this test's span: level, whether active, start and end in seconds of the span. */
async function alarmsOfSpan() {
  const { rows } = await site.journal.list({ ...ALL, fromMs: startMs, toMs: startMs + HOUR })
  return rows
    .map(({ level, isActive, isHistorical, startMs: from, endMs }) => ({
      level,
      isActive,
      isHistorical,
      from: (from - startMs) / 1_000,
      ...(endMs !== undefined && { to: (endMs - startMs) / 1_000 }),
    }))
    .toSorted((a, b) => a.from - b.from)
}

test('S17 A1: 24.5 ppm for three samples is a yellow alarm that listeners hear of, and it ends below the hysteresis', async () => {
  const engine = await site.start()
  await site.bring(engine, startMs, [10, 24.5, 24.5, 24.5])
  await expect.poll(() => site.told.at(-1)).toMatchObject({ ruleId: 'GAS-1.CO', subject: CO, subjectCode: MINE, level: 'yellow', isActive: true, isAcknowledged: false })
  await site.bring(engine, startMs + 10_000, [23, 21, 21])
  await expect.poll(alarmsOfSpan).toEqual([{ level: 'yellow', isActive: false, isHistorical: false, from: 1, to: 11 }])
  await engine.stop()
})

test('48 and 100 ppm are orange and red, and one alarm is one record with all its steps', async () => {
  const engine = await site.start()
  await site.bring(engine, startMs, [30, 30, 30, 60, 60, 130])
  await expect.poll(alarmsOfSpan).toEqual([{ level: 'red', isActive: true, isHistorical: false, from: 0 }])
  const [alarm] = (await site.journal.list({ ...ALL, fromMs: startMs, toMs: startMs + HOUR })).rows
  expect((await site.journal.log(alarm?.id ?? '')).map(({ kind, level }) => `${kind} ${level}`)).toEqual(['raise yellow', 'escalate orange', 'escalate red'])
  await site.bring(engine, startMs + 10_000, [5])
  await engine.stop()
})

test('what was stored while the engine was dead is found at the next start, once, with the start that it had', async () => {
  const first = await site.start()
  await site.bring(first, startMs, [30, 30])
  await first.stop()
  // Killed: durable in the store, never evaluated.
  await site.bring(undefined, startMs + 2_000, [30, 30, 110])
  const second = await site.start()
  await expect.poll(alarmsOfSpan).toEqual([{ level: 'red', isActive: true, isHistorical: false, from: 0 }])
  await second.stop()
  const third = await site.start()
  await expect.poll(() => third.health().ok).toBe(true)
  expect(await alarmsOfSpan()).toHaveLength(1)
  await site.bring(third, startMs + 20_000, [5])
  await third.stop()
})

test('the backlog of a gateway that has just been born is looked through although its points are new', async () => {
  const engine = await site.start()
  const born = '9901211000010101010078'
  await site.register(born)
  await site.bring(engine, startMs, [120, 5], { code: born, isBackfilled: true })
  await expect.poll(alarmsOfSpan).toEqual([{ level: 'red', isActive: false, isHistorical: true, from: 0, to: 1 }])
  await engine.stop()
})

test('a backlog whose write takes longer than the rest is looked through when it is stored', async () => {
  const engine = await site.start()
  const slow = '9901211000010101010079'
  await site.register(slow)
  await site.bring(engine, startMs, [120, 5], { code: slow, isBackfilled: true, writeMs: 1_000 })
  await expect.poll(alarmsOfSpan).toEqual([{ level: 'red', isActive: false, isHistorical: true, from: 0, to: 1 }])
  await engine.stop()
})

test('an engine that is killed between journal and checkpoint tells nothing twice', async () => {
  const killed = await site.start()
  await site.bring(killed, startMs, [30, 30, 30])
  await expect.poll(alarmsOfSpan).toHaveLength(1)
  // Not stopped: its checkpoint is the one of its start, so the next one evaluates the same samples again.
  const next = await site.start()
  await expect.poll(() => next.health().ok).toBe(true)
  await site.bring(next, startMs + 3_000, [30])
  const [alarm] = (await site.journal.list({ ...ALL, fromMs: startMs, toMs: startMs + HOUR })).rows
  expect((await site.journal.log(alarm?.id ?? '')).map(({ kind }) => kind)).toEqual(['raise'])
  await site.bring(next, startMs + 20_000, [5])
  await next.stop()
})

test('while the database takes nothing an alarm is told all the same, and recorded once when it does', async () => {
  let isDown = true
  const journal: AlarmJournal = {
    ...site.journal,
    apply: async (transitions, teller) => {
      if (isDown) throw new Error('connection refused')
      return await site.journal.apply(transitions, teller)
    },
  }
  const engine = await site.start(journal)
  await site.bring(engine, startMs, [120, 120, 120])
  await expect.poll(() => site.told.at(-1)).toMatchObject({ level: 'red', revision: 0 })
  expect(engine.health()).toMatchObject({ ok: false, note: expect.stringContaining('connection refused') })
  expect(await alarmsOfSpan()).toEqual([])
  isDown = false
  await expect.poll(alarmsOfSpan, { timeout: 10_000 }).toEqual([{ level: 'red', isActive: true, isHistorical: false, from: 0 }])
  await expect.poll(() => engine.health().ok).toBe(true)
  await site.bring(engine, startMs + 20_000, [5])
  await engine.stop()
})

test('while the database is away for long, what waits is bounded, and what found no room is recorded from the store', async () => {
  let isDown = true
  const journal: AlarmJournal = {
    ...site.journal,
    apply: async (transitions, teller) => {
      if (isDown) throw new Error('connection refused')
      return await site.journal.apply(transitions, teller)
    },
  }
  const engine = await site.start(journal, { maxWaiting: 1, checkpointMs: 100 })
  await expect.poll(() => engine.health().ok).toBe(true)
  await site.bring(engine, startMs, [30, 30, 30])
  await site.bring(engine, startMs + 3_000, [120])
  await expect.poll(() => site.told.at(-1)).toMatchObject({ level: 'red', revision: 0 })
  isDown = false
  await expect.poll(alarmsOfSpan).toEqual([{ level: 'red', isActive: true, isHistorical: false, from: 0 }])
  const [alarm] = (await site.journal.list({ ...ALL, fromMs: startMs, toMs: startMs + HOUR })).rows
  expect((await site.journal.log(alarm?.id ?? '')).map(({ kind, level }) => `${kind} ${level}`)).toEqual(['raise yellow', 'escalate red'])
  await site.bring(engine, startMs + 20_000, [5])
  await expect.poll(alarmsOfSpan).toMatchObject([{ isActive: false }])
  await engine.stop()
})

test('a transition that the database refuses for good holds up no other', async () => {
  const journal: AlarmJournal = {
    ...site.journal,
    apply: async (transitions, teller) => {
      if (transitions.some(({ transition }) => transition.kind === 'escalate')) throw journalErrors.HISTORICAL({ why: 'test' })
      return await site.journal.apply(transitions, teller)
    },
  }
  const engine = await site.start(journal)
  await site.bring(engine, startMs, [30, 30, 30, 130, 5])
  await expect.poll(alarmsOfSpan).toMatchObject([{ isActive: false, from: 0, to: 4 }])
  await engine.stop()
})

test('a backlog makes historical records and no live alarm, also of what a crash had left to be looked through', async () => {
  const first = await site.start()
  await site.bring(first, startMs + 1_800_000, [5])
  await site.bring(first, startMs, [30, 30, 30, 30, 5], { isBackfilled: true })
  await expect.poll(alarmsOfSpan).toEqual([{ level: 'yellow', isActive: false, isHistorical: true, from: 0, to: 4 }])
  expect(site.told).toEqual([])
  await first.stop()
  await site.bring(first, startMs + 600_000, [120, 5], { isBackfilled: true })
  const second = await site.start()
  await expect
    .poll(async () => (await alarmsOfSpan()).map(({ level, isHistorical }) => [level, isHistorical]))
    .toEqual([
      ['yellow', true],
      ['red', true],
    ])
  await second.stop()
})

test('a sample that its write overtook is not lost for alarms', async () => {
  const engine = await site.start()
  await site.bring(engine, startMs + 10_000, [5])
  await site.bring(engine, startMs, [150, 5])
  await engine.stop()
  const next = await site.start()
  await expect.poll(alarmsOfSpan).toMatchObject([{ level: 'red', isHistorical: true, from: 0 }])
  await next.stop()
})

test('samples of a point that is registered while the engine runs are evaluated from its first one on', async () => {
  const engine = await site.start()
  const late = '9901211000010101010077'
  await site.register(late)
  await site.bring(engine, Date.now() + HOUR, [120, 120], { code: late })
  await expect.poll(async () => (await site.journal.list({ ...ALL, pointId: site.ids.get(late) ?? 0 })).rows).toMatchObject([{ subject: late, level: 'red' }])
  await engine.stop()
})
