/*
 * Loads of a mine's loops as pure functions of the time of day: lines between knots, repeated in cycles, in shifts of
 * Asia/Shanghai. Therefore energy is their integral in closed form: it is exactly what the power was, at any time.
 * Not here: what a meter behind transformers makes of it (meter.ts).
 */

/** Power between knots at seconds of the cycle, kW; two knots at one second are a jump. */
export interface LoadCycle {
  readonly periodS: number
  readonly knots: readonly (readonly [atS: number, kw: number])[]
}

/** A loop (回路) and its load. Shifts are hours of the day in Asia/Shanghai; outside of them the load is `idleKw`. */
export interface PowerLoop {
  readonly name: string
  readonly ratedKw: number
  /** Voltage between phases, V. */
  readonly nominalV: number
  readonly ctRatio: number
  readonly ptRatio: number
  readonly powerFactor: number
  /** Harmonic distortion of the current, %. */
  readonly thdCurrent: number
  readonly shifts: readonly (readonly [fromHour: number, toHour: number])[]
  readonly cycle: LoadCycle
  readonly idleKw: number
}

const MAIN_FAN: LoadCycle = {
  periodS: 60,
  knots: [
    [0, 262],
    [20, 270],
    [40, 258],
    [60, 262],
  ],
}
// A sump that fills in 26 min 24 s and is pumped out in 21 min 36 s.
const MAIN_DRAINAGE: LoadCycle = {
  periodS: 2880,
  knots: [
    [0, 1.5],
    [1584, 1.5],
    [1584, 330],
    [2880, 318],
  ],
}
// Loaded up and empty down, 90 s each: start peak, travel, braking, standing.
const MAIN_HOIST: LoadCycle = {
  periodS: 180,
  knots: [
    [0, 40],
    [10, 690],
    [10, 430],
    [62, 430],
    [72, 60],
    [72, 12],
    [90, 12],
    [90, 30],
    [100, 210],
    [100, 95],
    [152, 95],
    [162, 20],
    [162, 12],
    [180, 12],
  ],
}
const MAIN_TRANSPORT: LoadCycle = {
  periodS: 300,
  knots: [
    [0, 92],
    [120, 118],
    [200, 104],
    [300, 92],
  ],
}
const MILL: LoadCycle = {
  periodS: 600,
  knots: [
    [0, 640],
    [240, 668],
    [420, 652],
    [600, 640],
  ],
}
const OFFICE: LoadCycle = {
  periodS: 86_400,
  knots: [
    [0, 6],
    [21_600, 8],
    [28_800, 34],
    [43_200, 41],
    [64_800, 30],
    [79_200, 12],
    [86_400, 6],
  ],
}
const ALL_DAY = [[0, 24]] as const

/** The loops of an underground iron mine; the mill runs by night, when power is cheap. */
export const MINE_LOOPS: readonly PowerLoop[] = [
  {
    name: 'main-transport',
    ratedKw: 160,
    nominalV: 380,
    ctRatio: 60,
    ptRatio: 1,
    powerFactor: 0.84,
    thdCurrent: 4,
    shifts: [
      [7, 11.5],
      [12.5, 17],
      [18, 21.5],
    ],
    cycle: MAIN_TRANSPORT,
    idleKw: 0,
  },
  { name: 'main-fan', ratedKw: 400, nominalV: 10_000, ctRatio: 10, ptRatio: 100, powerFactor: 0.88, thdCurrent: 3, shifts: ALL_DAY, cycle: MAIN_FAN, idleKw: 0 },
  { name: 'main-drainage', ratedKw: 355, nominalV: 10_000, ctRatio: 10, ptRatio: 100, powerFactor: 0.86, thdCurrent: 2.5, shifts: ALL_DAY, cycle: MAIN_DRAINAGE, idleKw: 0 },
  { name: 'main-hoist', ratedKw: 500, nominalV: 10_000, ctRatio: 15, ptRatio: 100, powerFactor: 0.8, thdCurrent: 9, shifts: [[6, 22]], cycle: MAIN_HOIST, idleKw: 12 },
  {
    name: 'mill',
    ratedKw: 800,
    nominalV: 10_000,
    ctRatio: 20,
    ptRatio: 100,
    powerFactor: 0.87,
    thdCurrent: 3.5,
    shifts: [
      [0, 6],
      [22, 24],
    ],
    cycle: MILL,
    idleKw: 3,
  },
  { name: 'office', ratedKw: 60, nominalV: 380, ctRatio: 30, ptRatio: 1, powerFactor: 0.93, thdCurrent: 7, shifts: ALL_DAY, cycle: OFFICE, idleKw: 6 },
]

/** Power of a loop at a time, kW primary. */
export function loadAt(loop: PowerLoop, timeMs: number): number {
  const s = secondOfDay(timeMs)
  const isOn = loop.shifts.some(([from, to]) => s >= from * HOUR_S && s < to * HOUR_S)
  return isOn ? cyclePower(loop.cycle, s % loop.cycle.periodS) : loop.idleKw
}

/** Energy of a loop since 1970 began in Asia/Shanghai, kWh primary: the integral of `loadAt`. */
export function consumedAt(loop: PowerLoop, timeMs: number): number {
  const days = Math.floor((timeMs + SHANGHAI_MS) / DAY_MS)
  return (days * sinceMidnight(loop, DAY_S) + sinceMidnight(loop, secondOfDay(timeMs))) / HOUR_S
}

/** Mean power over the time before a moment, kW: what a demand meter shows. */
export function meanLoadAt(loop: PowerLoop, timeMs: number, spanMs: number): number {
  return (consumedAt(loop, timeMs) - consumedAt(loop, timeMs - spanMs)) / (spanMs / (HOUR_S * 1000))
}

const HOUR_S = 3600
const DAY_S = 86_400
const DAY_MS = DAY_S * 1000
// China has one time and no summer time: UTC+8.
const SHANGHAI_MS = 8 * HOUR_S * 1000

function secondOfDay(timeMs: number): number {
  const ms = (timeMs + SHANGHAI_MS) % DAY_MS
  return (ms < 0 ? ms + DAY_MS : ms) / 1000
}

// kWs from midnight to a second of the day.
function sinceMidnight(loop: PowerLoop, second: number): number {
  const worked = loop.shifts.map(([from, to]) => ({ from: Math.min(second, from * HOUR_S), to: Math.min(second, to * HOUR_S) }))
  const workedS = worked.reduce((sum, { from, to }) => sum + to - from, 0)
  return worked.reduce((sum, { from, to }) => sum + cycleWork(loop.cycle, to) - cycleWork(loop.cycle, from), loop.idleKw * (second - workedS))
}

// kWs of a cycle that runs since midnight.
function cycleWork({ periodS, knots }: LoadCycle, second: number): number {
  const cycles = Math.floor(second / periodS)
  return cycles * partWork(knots, periodS) + partWork(knots, second - cycles * periodS)
}

function partWork(knots: LoadCycle['knots'], second: number): number {
  let work = 0
  for (const [from, to] of sections(knots)) {
    if (second <= from.atS) break
    const end = Math.min(second, to.atS)
    work += ((from.kw + between(from, to, end)) / 2) * (end - from.atS)
  }
  return work
}

function cyclePower({ knots }: LoadCycle, second: number): number {
  const section = sections(knots).find(([from, to]) => second >= from.atS && second < to.atS)
  return section === undefined ? (knots.at(-1)?.[1] ?? 0) : between(...section, second)
}

interface Knot {
  readonly atS: number
  readonly kw: number
}

function sections(knots: LoadCycle['knots']): (readonly [Knot, Knot])[] {
  const all = knots.map(([atS, kw]): Knot => ({ atS, kw }))
  return all.slice(1).map((to, i) => [all[i] as Knot, to] as const)
}

function between(from: Knot, to: Knot, second: number): number {
  return to.atS === from.atS ? to.kw : from.kw + ((to.kw - from.kw) * (second - from.atS)) / (to.atS - from.atS)
}
