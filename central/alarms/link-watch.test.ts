/* Which link is told of when data stops, on a real PostgreSQL; the links themselves are a tree that the test moves. */
import type { Link } from '@orewatch/alarm-rules'
import { alarmId } from '@orewatch/alarm-rules'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { PlacedTransition } from './index.ts'
import { LinkWatch } from './link-watch.ts'
import { type AlarmSite, CO, MINE, O2, openAlarmSite } from './test/alarm-site.ts'

const SECOND = 1_000
const LIMIT_MS = 10 * SECOND

let site: AlarmSite
let nowMs = 1_800_000_000_000
/** When each link was last heard of; absent is now. */
let silentSince: Partial<Record<'ingest' | 'broker' | 'uplink' | 'gateway' | 'gas-1' | 'gas-2', number>> = {}
let watch: LinkWatch

beforeAll(async () => {
  site = await openAlarmSite()
}, 60_000)
afterAll(() => site[Symbol.asyncDispose]())

function tree(): Link {
  const heard = (id: keyof typeof silentSince): { heardMs: number; limitMs: number } => ({ heardMs: silentSince[id] ?? nowMs, limitMs: LIMIT_MS })
  const devices: Link[] = (['gas-1', 'gas-2'] as const).map((id) => ({ id: `g/device/${id}`, kind: 'sensor', ...heard(id) }))
  const gateway: Link = { id: 'g/gateway', kind: 'gateway', ...heard('gateway'), children: [{ id: 'g/line/gas', kind: 'bus', limitMs: LIMIT_MS, children: devices }] }
  return {
    id: 'ingest',
    kind: 'ingest',
    ...heard('ingest'),
    children: [{ id: 'broker', kind: 'broker', ...heard('broker'), children: [{ id: 'g', kind: 'uplink', ...heard('uplink'), children: [gateway] }] }],
  }
}

function open(): LinkWatch {
  const points = [site.ids.get(CO) ?? 0, site.ids.get(O2) ?? 0]
  return new LinkWatch({
    links: {
      tree,
      subjectOf: (link) => (link.startsWith('g') ? MINE : undefined),
      pointsBehind: (link) => (link === 'g/device/gas-2' ? [] : points),
    },
    journal: site.journal,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    put: (transitions) => void pending.push(...transitions),
    publish: () => undefined,
  })
}

let pending: PlacedTransition[] = []

async function pass(seconds: number): Promise<void> {
  nowMs += seconds * SECOND
  await watch.look()
  await site.journal.apply(pending.splice(0), 'central')
  await watch.look()
}

const linkAlarms = async () => (await site.journal.list({ scope: { divisionPrefix: '' }, state: 'active', limit: 100 })).rows.filter(({ ruleId }) => ruleId.startsWith('NET-LINK.'))
const kinds = async () => (await linkAlarms()).map(({ ruleId }) => ruleId.slice('NET-LINK.'.length))

beforeEach(async () => {
  pending = []
  silentSince = {}
  watch = open()
  await pass(3_600)
  expect(await kinds()).toEqual([])
})

test.each([
  ['sensor', ['gas-1']],
  ['bus', ['gas-1', 'gas-2']],
  ['gateway', ['gas-1', 'gas-2', 'gateway']],
  ['uplink', ['gas-1', 'gas-2', 'gateway', 'uplink']],
  ['broker', ['gas-1', 'gas-2', 'gateway', 'uplink', 'broker']],
  ['ingest', ['gas-1', 'gas-2', 'gateway', 'uplink', 'broker', 'ingest']],
] as const)('when the %s fails, one alarm names it, however much is silent behind it', async (kind, silent) => {
  for (const link of silent) silentSince[link] = nowMs
  await pass(9)
  expect(await kinds()).toEqual([])
  await pass(2)
  expect(await kinds()).toEqual([kind])
  expect((await linkAlarms())[0]?.level).toBe('yellow')
  await pass(1_800)
  expect((await linkAlarms())[0]?.level).toBe('orange')
  silentSince = {}
  await pass(1)
  expect(await kinds()).toEqual([])
})

test('the silence of points behind a failed link is suppressed by design, and calls again when only the link is back', async () => {
  const id = alarmId({ subject: CO, ruleId: 'NET-1', ruleVersion: 1, startMs: nowMs })
  const raise = {
    kind: 'raise' as const,
    alarmId: id,
    ruleId: 'NET-1',
    ruleVersion: 1,
    subject: CO,
    startMs: nowMs,
    atMs: nowMs,
    level: 'blue' as const,
    value: 4,
    limit: 3,
    peak: 4,
    durationMs: 0,
    area: 0,
  }
  await site.journal.apply([{ transition: raise, pointId: site.ids.get(CO) ?? 0, subjectCode: MINE }], 'central')
  silentSince.uplink = nowMs
  await pass(11)
  const [root] = await linkAlarms()
  expect(await site.journal.get(id)).toMatchObject({ isActive: true, suppressedBy: root?.id })
  silentSince = {}
  await pass(1)
  expect((await site.journal.get(id))?.suppressedBy).toBeUndefined()
})

test('a point that falls silent behind a failed link is suppressed from the start, and nobody has to sign for its end', async () => {
  silentSince.uplink = nowMs
  await pass(11)
  const root = watch.rootOf(site.ids.get(CO) ?? 0) ?? ''
  expect((await linkAlarms()).map((alarm) => alarm.id)).toEqual([root])
  const id = alarmId({ subject: CO, ruleId: 'NET-1', ruleVersion: 1, startMs: nowMs })
  const told = { alarmId: id, ruleId: 'NET-1', ruleVersion: 1, subject: CO, startMs: nowMs, level: 'blue' as const, value: 4, limit: 3, peak: 4, durationMs: 0, area: 0 }
  const place = { pointId: site.ids.get(CO) ?? 0, subjectCode: MINE, suppressedBy: root }
  await site.journal.apply([{ transition: { ...told, kind: 'raise', atMs: nowMs }, ...place }], 'central')
  expect((await site.journal.list({ scope: { divisionPrefix: '' }, state: 'shelved', limit: 10 })).rows.map((alarm) => alarm.id)).toContain(id)
  await site.journal.apply([{ transition: { ...told, kind: 'clear', atMs: nowMs + 1 }, ...place }], 'central')
  expect(await site.journal.get(id)).toMatchObject({ isActive: false, isAcknowledged: true })
})

test('a link that fails across a restart of central is the same alarm', async () => {
  silentSince.uplink = nowMs
  await pass(11)
  const [before] = await linkAlarms()
  watch = open()
  await pass(5)
  expect((await linkAlarms()).map(({ id }) => id)).toEqual([before?.id])
})

test('behind a failed link more points may be silent than a page holds: all are suppressed, and the link is known after a restart', async () => {
  silentSince.uplink = nowMs
  await pass(11)
  const [root] = await linkAlarms()
  const silent = Array.from({ length: 1_100 }, (_, i): PlacedTransition => {
    const startMs = nowMs + i
    const subject = `${CO.slice(0, 18)}${String(i).padStart(4, '0')}`
    const told = { ruleId: 'NET-1', ruleVersion: 1, subject, startMs, level: 'blue' as const, value: 4, limit: 3, peak: 4, durationMs: 0, area: 0 }
    return { transition: { ...told, kind: 'raise', atMs: startMs, alarmId: alarmId(told) }, pointId: site.ids.get(CO) ?? 0, subjectCode: MINE }
  })
  await site.journal.apply(silent, 'central')
  watch = open()
  await pass(5)
  const states = await Promise.all([silent[0], silent.at(-1)].map(async (placed) => await site.journal.get(placed?.transition.alarmId ?? '')))
  expect(states.map((alarm) => alarm?.suppressedBy)).toEqual([root?.id, root?.id])
  silentSince = {}
  await pass(5)
  expect((await site.journal.get(root?.id ?? ''))?.isActive).toBe(false)
})
