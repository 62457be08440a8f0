/* The journal on a real PostgreSQL: transitions are told once, people act on what they saw, scopes hold. */
import { MAX_SHELVE_MS, type Transition, type TransitionKind } from '@orewatch/alarm-rules'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Alarm, AlarmAction, PlacedTransition } from './index.ts'
import { type AlarmSite, CO, MINE, openAlarmSite, POND } from './test/alarm-site.ts'

const ALL = { scope: { divisionPrefix: '' }, state: 'all', limit: 100 } as const

let site: AlarmSite
let count = 0

beforeAll(async () => {
  site = await openAlarmSite()
}, 60_000)
afterAll(() => site[Symbol.asyncDispose]())

const newId = (): string => (++count).toString(16).padStart(32, '0')

function transition(id: string, kind: TransitionKind, atMs: number, level: Transition['level'] = 'yellow', more: Partial<PlacedTransition> = {}): PlacedTransition {
  const told: Transition = {
    kind,
    alarmId: id,
    ruleId: 'GAS-1.CO',
    ruleVersion: 1,
    subject: CO,
    atMs,
    startMs: 1_000,
    level,
    value: atMs / 1_000,
    limit: 24,
    peak: 50,
    durationMs: atMs - 1_000,
    area: 3,
  }
  return { transition: told, pointId: site.ids.get(CO) ?? 0, subjectCode: MINE, ...more }
}

async function raised(...kinds: readonly (readonly [TransitionKind, number, Transition['level']?])[]): Promise<Alarm> {
  const id = newId()
  await site.journal.apply(
    kinds.map(([kind, atMs, level]) => transition(id, kind, atMs, level)),
    'central',
  )
  return (await site.journal.get(id)) as Alarm
}

const kindsOf = async (id: string) => (await site.journal.log(id)).map(({ kind }) => kind)
const act = (alarm: Alarm, action: AlarmAction, actor = 'zhiban') => site.journal.act(alarm.id, alarm.revision, actor, action)

describe('transitions', () => {
  test('gateway and central tell of the same alarm, and it is one record with both times', async () => {
    const id = newId()
    const first = await site.journal.apply([transition(id, 'raise', 1_000)], 'gateway')
    const second = await site.journal.apply([transition(id, 'raise', 1_000)], 'central')
    expect([first.length, second.length]).toEqual([1, 1])
    expect(await site.journal.get(id)).toMatchObject({ isActive: true, gatewayMs: expect.any(Number), raisedMs: expect.any(Number) })
    expect(await kindsOf(id)).toEqual(['raise'])
    expect(await site.journal.apply([transition(id, 'raise', 1_000)], 'central')).toEqual([])
  })

  test('an alarm that was signed for calls again when it becomes worse, but not when the same is told again', async () => {
    const alarm = await raised(['raise', 1_000])
    await act(alarm, { kind: 'acknowledge' })
    const [worse] = await site.journal.apply([transition(alarm.id, 'escalate', 2_000, 'red')], 'central')
    expect(worse).toMatchObject({ level: 'red', isAcknowledged: false })
    await act(worse as Alarm, { kind: 'acknowledge' })
    await site.journal.apply([transition(alarm.id, 'raise', 1_000), transition(alarm.id, 'escalate', 2_000, 'red')], 'gateway')
    expect(await site.journal.get(alarm.id)).toMatchObject({ level: 'red', isAcknowledged: true })
  })

  test('what is older than what is known is for the log alone', async () => {
    const alarm = await raised(['raise', 1_000], ['clear', 9_000])
    await site.journal.apply([transition(alarm.id, 'escalate', 5_000, 'red')], 'gateway')
    expect(await site.journal.get(alarm.id)).toMatchObject({ isActive: false, endMs: 9_000 })
    expect(await kindsOf(alarm.id)).toEqual(['raise', 'clear', 'escalate'])
  })

  test('loss of data never ends an alarm', async () => {
    const alarm = await raised(['raise', 1_000], ['value-unknown', 2_000])
    expect(alarm).toMatchObject({ isActive: true, isValueUnknown: true })
    await site.journal.apply([transition(alarm.id, 'value-known', 3_000)], 'central')
    expect(await site.journal.get(alarm.id)).toMatchObject({ isActive: true, isValueUnknown: false })
  })

  test('a backlog does not touch an alarm that was live, and makes one of its own that calls nobody', async () => {
    const live = await raised(['raise', 1_000])
    await site.journal.apply([transition(live.id, 'clear', 2_000)], 'backlog')
    expect(await site.journal.get(live.id)).toMatchObject({ isActive: true, isHistorical: false })
    const id = newId()
    await site.journal.apply([transition(id, 'raise', 1_000), transition(id, 'clear', 2_000)], 'backlog')
    expect(await site.journal.get(id)).toMatchObject({ isActive: false, isHistorical: true, isAcknowledged: true })
    const open = await site.journal.list({ ...ALL, state: 'open' })
    expect(open.rows.map((alarm) => alarm.id)).not.toContain(id)
  })
})

describe('what people do', () => {
  test('signing is logged with the name, and cannot be done twice', async () => {
    const signed = await act(await raised(['raise', 1_000]), { kind: 'acknowledge', note: '已派人' })
    expect(signed).toMatchObject({ isAcknowledged: true, acknowledgedBy: 'zhiban', note: '已派人' })
    expect((await site.journal.log(signed.id)).at(-1)).toMatchObject({ kind: 'acknowledge', actor: 'zhiban', detail: { note: '已派人' } })
    await expect(act(signed, { kind: 'acknowledge' })).rejects.toMatchObject({ code: 'ALARM_ALREADY' })
  })

  test('who acts on what is no longer so is told, and nothing happens', async () => {
    const seen = await raised(['raise', 1_000])
    await site.journal.apply([transition(seen.id, 'escalate', 2_000, 'red')], 'central')
    await expect(act(seen, { kind: 'acknowledge' })).rejects.toMatchObject({ code: 'ALARM_STALE', retry: 'never' })
    expect(await site.journal.get(seen.id)).toMatchObject({ isAcknowledged: false })
  })

  test('shelving has an end, at most eight hours away, and ends by itself', async () => {
    const alarm = await raised(['raise', 1_000])
    await expect(act(alarm, { kind: 'shelve', untilMs: Date.now() + MAX_SHELVE_MS + 60_000, note: 'x' })).rejects.toMatchObject({ code: 'ALARM_SHELVED_TOO_LONG' })
    await expect(act(alarm, { kind: 'shelve', untilMs: Date.now() - 1, note: 'x' })).rejects.toMatchObject({ code: 'ALARM_SHELVED_TOO_LONG' })
    const shelved = await act(alarm, { kind: 'shelve', untilMs: Date.now() + 40, note: '更换探头' })
    expect(shelved.shelvedUntilMs).toBeGreaterThan(0)
    await expect.poll(async () => (await site.journal.unshelveDue()).map(({ id }) => id)).toContain(alarm.id)
    expect((await site.journal.get(alarm.id))?.shelvedUntilMs).toBeUndefined()
    expect(await kindsOf(alarm.id)).toEqual(['raise', 'shelve', 'unshelve'])
  })

  test('what is out of service, shelved or explained by another alarm is not counted as open', async () => {
    const counted = async () => (await site.journal.openCounts({ divisionPrefix: '990121' })).filter(({ level }) => level === 'blue').reduce((sum, { count: n }) => sum + n, 0)
    const before = await counted()
    const [a, b, c] = await Promise.all([raised(['raise', 1_000, 'blue']), raised(['raise', 1_000, 'blue']), raised(['raise', 1_000, 'blue'])])
    expect(await counted()).toBe(before + 3)
    const out = await act(a, { kind: 'take-out-of-service', note: '检修' })
    await act(b, { kind: 'shelve', untilMs: Date.now() + 60_000, note: '检修' })
    await site.journal.suppress([c.id], a.id)
    expect(await counted()).toBe(before)
    await act(out, { kind: 'return-to-service' })
    await site.journal.suppress([c.id], undefined)
    expect(await counted()).toBe(before + 2)
  })

  test('an alarm that does not exist is unknown', async () => {
    await expect(site.journal.act('f'.repeat(32), 1, 'x', { kind: 'acknowledge' })).rejects.toMatchObject({ code: 'ALARM_UNKNOWN' })
  })
})

describe('lists', () => {
  test('go by start, newest first, page by page, without one left out or shown twice', async () => {
    for (let i = 0; i < 7; i++)
      await site.journal.apply([{ ...transition(newId(), 'raise', 5_000_000), transition: { ...transition(newId(), 'raise', 5_000_000 + i).transition, startMs: 5_000_000 + (i % 3) } }], 'central')
    const seen: Alarm[] = []
    let after: { after?: string } = {}
    for (;;) {
      const page = await site.journal.list({ ...ALL, fromMs: 5_000_000, toMs: 6_000_000, limit: 2, ...after })
      seen.push(...page.rows)
      if (page.next === undefined) break
      after = { after: page.next }
    }
    const found = seen.filter(({ startMs }) => startMs >= 5_000_000)
    expect(found.map(({ startMs }) => startMs)).toEqual(found.map(({ startMs }) => startMs).toSorted((a, b) => b - a))
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
    expect(found).toHaveLength(7)
    await expect(site.journal.list({ ...ALL, after: '1; drop table alarm' })).rejects.toMatchObject({ code: 'ALARM_BAD_QUERY' })
  })

  test('show a county its own mines, an enterprise its own, and everybody what concerns central as a whole', async () => {
    const own = await raised(['raise', 1_000])
    const pond = transition(newId(), 'raise', 1_000)
    const central = transition(newId(), 'raise', 1_000)
    await site.journal.apply([{ ...pond, subjectCode: POND }], 'central')
    await site.journal.apply([{ transition: central.transition }], 'central')
    const seenBy = async (scope: { divisionPrefix: string; subjectCodes?: string[] }) => new Set((await site.journal.list({ ...ALL, limit: 1_000, scope })).rows.map(({ id }) => id))
    const ids = [own.id, pond.transition.alarmId, central.transition.alarmId]
    const sees = async (scope: { divisionPrefix: string; subjectCodes?: string[] }) => {
      const seen = await seenBy(scope)
      return ids.map((id) => seen.has(id))
    }
    expect(await sees({ divisionPrefix: '9901' })).toEqual([true, true, true])
    expect(await sees({ divisionPrefix: '990122' })).toEqual([false, false, true])
    expect(await sees({ divisionPrefix: '990121', subjectCodes: [POND] })).toEqual([false, true, true])
  })
})
