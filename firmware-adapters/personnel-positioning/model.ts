/*
 * People underground in three shifts: who is where at any moment, and everything that happens in a span of time. Counts and
 * events come from one schedule, so a count is always what went in less what came out. Pure in time: no step is kept, the
 * same seed, orders and time always give the same answer.
 */
import { createHash } from 'node:crypto'
import { hash01 } from '../simulation/mine-air.ts'

/** A place that a base station covers; kinds are those of domain table E.1.2. */
export interface Area {
  readonly name: string
  readonly kind: '一般' | '重点' | '限制' | '危险'
  /** Level of the mine, m. */
  readonly lvl: number
  readonly station: string
  readonly x: number
  readonly y: number
}

/** Levels in the order of their slots, m. */
export const LEVELS: readonly number[] = [-80, -120, -160]

/** Areas in the order of their slots; each level has a yard at the shaft, a working place, and one that few may enter. */
export const AREAS: readonly Area[] = [
  { name: '-80中段井底车场', kind: '一般', lvl: -80, station: 'B-01', x: 10, y: 4.5 },
  { name: '-80中段采场', kind: '重点', lvl: -80, station: 'B-02', x: 142.6, y: 38.2 },
  { name: '-80中段变电硐室', kind: '限制', lvl: -80, station: 'B-03', x: 22.1, y: 9.8 },
  { name: '-120中段井底车场', kind: '一般', lvl: -120, station: 'B-06', x: 10, y: 4.5 },
  { name: '-120中段采场', kind: '重点', lvl: -120, station: 'B-07', x: 123.4, y: 56.7 },
  { name: '-120中段水泵房', kind: '限制', lvl: -120, station: 'B-08', x: 31.5, y: 12.4 },
  { name: '-160中段井底车场', kind: '一般', lvl: -160, station: 'B-11', x: 10, y: 4.5 },
  { name: '-160中段掘进面', kind: '重点', lvl: -160, station: 'B-12', x: 188.9, y: 71.3 },
  { name: '-160中段采空区', kind: '危险', lvl: -160, station: 'B-13', x: 97.2, y: 83.6 },
]

/** Persons that may be underground at once. */
export const APPROVED_PERSONS = 86
/** Persons underground while too many are in: acceptance A7 of the domain, 112 of 86. */
export const OVER_CAPACITY_PERSONS = 112

/** What can be ordered by hand. */
export const ORDER_KINDS = ['over-capacity', 'lost-card', 'sos'] as const
export type OrderKind = (typeof ORDER_KINDS)[number]

/** One mine with its people. */
export interface Positioning {
  readonly seed: number
  /** Orders by hand in the order of their times, UTC ms; at most 32 are kept. */
  readonly orders: { readonly kind: OrderKind; readonly atMs: number }[]
  /** Stays of the shifts that were asked for last; only so that they need not be worked out again. */
  readonly roster: Map<number, readonly Visit[]>
}

/** One stay underground. */
export interface Visit {
  readonly card: string
  readonly gate: string
  readonly enterMs: number
  readonly leaveMs: number
  /** Where the card was heard and since when, oldest first; the first is that of the entry. */
  readonly stops: readonly { readonly fromMs: number; readonly area: Area }[]
  /** When the card was heard last though its bearer stayed, UTC ms. */
  readonly lostMs?: number
}

/** Something that happens; `schema` is that of docs/formats/events.md. */
export interface PositioningEvent {
  readonly schema: 'positioning.passage/1' | 'positioning.area-change/1' | 'positioning.over-time/1' | 'positioning.lost-card/1' | 'positioning.sos/1'
  readonly timeMs: number
  readonly visit: Visit
  /** Where the card was heard last. */
  readonly area: Area
  /** Of a passage. */
  readonly dir?: 'IN' | 'OUT'
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
// Shifts begin at 00:00, 08:00 and 16:00 in Shanghai, which is eight hours ahead of UTC: the same instants as in UTC.
const SHIFT_MS = 8 * HOUR_MS
/** A shift goes down, and comes up, within this time. */
const PASSING_MS = 40 * MINUTE_MS
const GATES = ['副井口', '斜坡道口'] as const
// E.1.2: in for more than 12 h; not heard for more than 30 min and still in.
const OVER_TIME_MS = 12 * HOUR_MS
const LOST_AFTER_MS = 30 * MINUTE_MS
const EXTRA_STAY_MS = 30 * MINUTE_MS
// Every sixth shift (two days) one person of it works the next one too, which is longer than 12 h.
const DOUBLE_EVERY = 6
const MAX_ORDERS = 32
const MAX_ROSTERS = 16

/** A mine with nobody's orders. */
export function makePositioning(seed = 1): Positioning {
  return { seed, orders: [], roster: new Map() }
}

/**
 * Lets something happen at a time, UTC ms: too many people within a minute, a card that is not heard any more, a call for
 * help. Where nobody is underground who could, it happens to the next shift.
 */
export function orderPositioning({ orders }: Positioning, kind: OrderKind, atMs: number): void {
  orders.push({ kind, atMs })
  orders.sort((a, b) => a.atMs - b.atMs)
  if (orders.length > MAX_ORDERS) orders.shift()
}

/** Everybody who is underground at a time, UTC ms. */
export function insideAt(positioning: Positioning, timeMs: number): Visit[] {
  return visitsBetween(positioning, timeMs, timeMs).filter((visit) => isIn(visit, timeMs))
}

/** How many are underground: in all, on a level (m), or in an area. */
export function countAt(positioning: Positioning, timeMs: number, where: { readonly lvl?: number; readonly area?: Area } = {}): number {
  return insideAt(positioning, timeMs).filter((visit) => {
    const area = areaOf(visit, timeMs)
    return (where.lvl === undefined || area.lvl === where.lvl) && (where.area === undefined || area === where.area)
  }).length
}

/** What happens later than `fromMs` and not after `toMs`, oldest first. */
export function positioningEvents(positioning: Positioning, fromMs: number, toMs: number): PositioningEvent[] {
  const events = [...visitsBetween(positioning, fromMs, toMs).flatMap(eventsOf), ...callsForHelp(positioning)]
  return events.filter(({ timeMs }) => timeMs > fromMs && timeMs <= toMs).toSorted((a, b) => a.timeMs - b.timeMs)
}

/** Who bears a card, without saying it. */
export function personHashOf(card: string): string {
  return createHash('sha256').update(`orewatch-simulator ${card}`).digest('hex').slice(0, 16)
}

function eventsOf(visit: Visit): PositioningEvent[] {
  const { enterMs, leaveMs, stops, lostMs } = visit
  const first = stops[0]?.area as Area
  const events: PositioningEvent[] = [
    { schema: 'positioning.passage/1', timeMs: enterMs, visit, area: first, dir: 'IN' },
    { schema: 'positioning.passage/1', timeMs: leaveMs, visit, area: areaOf(visit, leaveMs), dir: 'OUT' },
    ...stops.slice(1).map(({ fromMs, area }) => ({ schema: 'positioning.area-change/1', timeMs: fromMs, visit, area }) as const),
  ]
  if (leaveMs > enterMs + OVER_TIME_MS) events.push({ schema: 'positioning.over-time/1', timeMs: enterMs + OVER_TIME_MS, visit, area: areaOf(visit, enterMs + OVER_TIME_MS) })
  if (lostMs !== undefined && leaveMs > lostMs + LOST_AFTER_MS) events.push({ schema: 'positioning.lost-card/1', timeMs: lostMs + LOST_AFTER_MS, visit, area: areaOf(visit, lostMs) })
  return events
}

function callsForHelp(positioning: Positioning): PositioningEvent[] {
  return positioning.orders.flatMap(({ kind, atMs }, i) => {
    if (kind !== 'sos') return []
    const { visit, timeMs } = pick(positioning, atMs, i, 0)
    return [{ schema: 'positioning.sos/1', timeMs, visit, area: areaOf(visit, timeMs) } as const]
  })
}

// ── the schedule ──

function visitsBetween(positioning: Positioning, fromMs: number, toMs: number): Visit[] {
  const losses = positioning.orders.flatMap(({ kind, atMs }, i) => (kind === 'lost-card' ? [pick(positioning, atMs, i, LOST_AFTER_MS + MINUTE_MS)] : []))
  return [...rosterBetween(positioning, fromMs, toMs), ...extrasOf(positioning)].map((visit) => {
    const loss = losses.find((lost) => lost.visit.card === visit.card && lost.visit.enterMs === visit.enterMs)
    return loss === undefined ? visit : { ...visit, lostMs: loss.timeMs, stops: visit.stops.filter(({ fromMs: since }) => since <= loss.timeMs) }
  })
}

// Whoever can be in within the span: a stay lasts two shifts at most.
function rosterBetween(positioning: Positioning, fromMs: number, toMs: number): Visit[] {
  const visits: Visit[] = []
  for (let shift = Math.floor(fromMs / SHIFT_MS) - 2; shift <= Math.floor(toMs / SHIFT_MS); shift++) visits.push(...rosterOf(positioning, shift))
  return visits
}

function rosterOf({ seed, roster }: Positioning, shift: number): readonly Visit[] {
  const known = roster.get(shift)
  if (known !== undefined) return known
  const visits = Array.from({ length: APPROVED_PERSONS }, (_, place) => rosterVisit(seed, shift, place)).filter((visit) => visit !== undefined)
  roster.set(shift, visits)
  const oldest = roster.keys().next().value
  if (roster.size > MAX_ROSTERS && oldest !== undefined) roster.delete(oldest)
  return visits
}

function rosterVisit(seed: number, shift: number, place: number): Visit | undefined {
  const isDouble = place === 0 && modulo(shift, DOUBLE_EVERY) === 0
  const isTaken = place === 0 && modulo(shift, DOUBLE_EVERY) === 1
  // Some are ill or on leave: one in twenty.
  if (isTaken || (!isDouble && hash01(seed, shift, 1_000 + place) < 0.05)) return undefined
  const crew = modulo(shift, 3)
  const within = (channel: number): number => ((place + hash01(seed, shift, channel + place)) / APPROVED_PERSONS) * PASSING_MS
  const startMs = shift * SHIFT_MS
  const endMs = startMs + (isDouble ? 2 : 1) * SHIFT_MS
  const enterMs = Math.round(startMs + within(2_000))
  const leaveMs = Math.round(endMs - PASSING_MS + within(3_000))
  const gate = place % 10 === 9 ? GATES[1] : GATES[0]
  return { card: cardOf('A', 100 * crew + place + 1), gate, enterMs, leaveMs, stops: stopsOf(seed, shift, place, enterMs, leaveMs) }
}

// From the yard to work, about among the places of one level, and back to the yard before coming up.
function stopsOf(seed: number, shift: number, place: number, enterMs: number, leaveMs: number): Visit['stops'] {
  const level = LEVELS[Math.floor(hash01(seed, shift, 4_000 + place) * LEVELS.length)] as number
  const [yard, work, restricted] = AREAS.filter(({ lvl }) => lvl === level) as [Area, Area, Area]
  const stops = [{ fromMs: enterMs, area: yard }]
  const chance = (step: number, channel: number): number => hash01(seed, shift * 128 + step, channel + place)
  const backMs = leaveMs - 12 * MINUTE_MS
  let atMs = enterMs + (10 + 10 * chance(0, 5_000)) * MINUTE_MS
  for (let step = 0; atMs < backMs; step++) {
    const draw = step === 0 ? 0 : chance(step, 6_000)
    const area = draw < 0.7 ? work : draw < 0.9 ? yard : restricted
    if (area !== stops.at(-1)?.area) stops.push({ fromMs: Math.round(atMs), area })
    atMs += (25 + 30 * chance(step, 7_000)) * MINUTE_MS
  }
  if (stops.at(-1)?.area !== yard) stops.push({ fromMs: backMs, area: yard })
  return stops
}

// Visitors beyond what is approved: within a minute they fill the mine up, and half an hour later they leave.
function extrasOf(positioning: Positioning): Visit[] {
  const extras: Visit[] = []
  const yard = AREAS[3] as Area
  for (const { kind, atMs } of positioning.orders) {
    if (kind !== 'over-capacity') continue
    const fullMs = atMs + MINUTE_MS
    const present = [...rosterBetween(positioning, fullMs, fullMs), ...extras].filter((visit) => isIn(visit, fullMs)).length
    const missing = Math.max(0, OVER_CAPACITY_PERSONS - present)
    for (let i = 0; i < missing; i++) {
      const enterMs = Math.round(atMs + ((i + 1) / missing) * MINUTE_MS)
      extras.push({ card: cardOf('V', extras.length + 1), gate: GATES[0], enterMs, leaveMs: enterMs + EXTRA_STAY_MS, stops: [{ fromMs: enterMs, area: yard }] })
    }
  }
  return extras
}

/** Somebody of the roster who is in at a time and stays in for a while; when nobody is, of the next shift once it is down. */
function pick(positioning: Positioning, atMs: number, draw: number, staysMs: number): { readonly visit: Visit; readonly timeMs: number } {
  const nextMs = (Math.floor(atMs / SHIFT_MS) + 1) * SHIFT_MS + PASSING_MS
  for (const timeMs of [atMs, nextMs]) {
    const inside = rosterBetween(positioning, timeMs, timeMs).filter((visit) => isIn(visit, timeMs) && visit.leaveMs > timeMs + staysMs)
    const visit = inside[Math.floor(hash01(positioning.seed, Math.round(timeMs / 1000), 8_000 + draw) * inside.length)]
    if (visit !== undefined) return { visit, timeMs }
  }
  return pick(positioning, nextMs, draw, staysMs)
}

function isIn({ enterMs, leaveMs }: Visit, timeMs: number): boolean {
  return enterMs <= timeMs && timeMs < leaveMs
}

function areaOf({ stops }: Visit, timeMs: number): Area {
  return (stops.findLast(({ fromMs }) => fromMs <= timeMs) ?? stops[0])?.area as Area
}

function cardOf(letter: string, number: number): string {
  return letter + String(number).padStart(5, '0')
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
