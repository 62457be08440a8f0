/*
 * The air of an imaginary mine: a main fan that trips, blasts whose fumes travel with the air, gas that gathers while
 * the air stands. Pure in time: the state at any moment is computed from the schedule, never stepped, so that the same
 * seed and time always give the same value.
 */

/** What happens when, in one imaginary mine. Give the same mine to several simulators and their values agree. */
export interface Mine {
  readonly seed: number
  readonly blastEveryMs: number
  readonly fanTripEveryMs: number
  readonly fanTripMs: number
  /** Events ordered by hand, UTC ms; at most 64 of each are kept. */
  readonly extraBlasts: number[]
  readonly extraTrips: number[]
}

/** An event that can be ordered by hand. */
export type MineEvent = 'blast' | 'fan-trip'

/** A mine with a blast every half hour and a fan trip of four minutes every three hours, unless told otherwise. */
export function makeMine(options: Partial<Pick<Mine, 'seed' | 'blastEveryMs' | 'fanTripEveryMs' | 'fanTripMs'>> = {}): Mine {
  return {
    seed: options.seed ?? 1,
    blastEveryMs: options.blastEveryMs ?? 30 * MINUTE_MS,
    fanTripEveryMs: options.fanTripEveryMs ?? 180 * MINUTE_MS,
    fanTripMs: options.fanTripMs ?? 4 * MINUTE_MS,
    extraBlasts: [],
    extraTrips: [],
  }
}

/** Lets an event happen at a time, UTC ms. */
export function orderEvent(mine: Mine, event: MineEvent, timeMs: number): void {
  const list = event === 'blast' ? mine.extraBlasts : mine.extraTrips
  list.push(timeMs)
  if (list.length > 64) list.shift()
}

/** Main airflow at a time: 1 is normal, 0 is still air. */
export function airflowAt(mine: Mine, timeMs: number): number {
  let flow = 1
  for (const tripMs of tripsBetween(mine, timeMs - RECOVERY_MS - mine.fanTripMs, timeMs)) flow = Math.min(flow, flowOfTrip(mine, tripMs, timeMs))
  return flow
}

/** Whether the main fan turns. */
export function isFanRunning(mine: Mine, timeMs: number): boolean {
  return tripsBetween(mine, timeMs - mine.fanTripMs, timeMs).length === 0
}

/** Milliseconds until the next fan trip, for what announces it (vibration, bearing temperature). */
export function nextTripInMs(mine: Mine, timeMs: number): number {
  const next = tripsBetween(mine, timeMs, timeMs + mine.fanTripEveryMs)[0]
  return next === undefined ? Number.POSITIVE_INFINITY : next - timeMs
}

/** Milliseconds since the last fan trip began. */
export function lastTripAgoMs(mine: Mine, timeMs: number): number {
  const last = tripsBetween(mine, timeMs - mine.fanTripEveryMs, timeMs).at(-1)
  return last === undefined ? Number.POSITIVE_INFINITY : timeMs - last
}

/**
 * Blasting fumes at a distance from the face, as CO in ppm. The wave travels with the air: while the fan stands, so does
 * the wave.
 */
export function fumesAt(mine: Mine, distanceM: number, timeMs: number): number {
  let ppm = 0
  for (const blastMs of eventsBetween(mine.blastEveryMs, mine.seed, mine.extraBlasts, timeMs - FUMES_LAST_MS, timeMs)) {
    const airS = airBetweenMs(mine, blastMs, timeMs) / 1000 - distanceM / AIR_SPEED_MPS
    if (airS <= 0) continue
    const spreadS = 90 + distanceM / 3
    const peakPpm = (70 + 110 * hash01(mine.seed, Math.round(blastMs / 1000), 7)) * (1 / (1 + distanceM / 300))
    ppm += peakPpm * (airS / spreadS) * Math.exp(1 - airS / spreadS)
  }
  return ppm
}

/** How much gas from the rock has gathered because air was missing: 0 is normal, 1 is ten minutes of still air. */
export function stagnationAt(mine: Mine, timeMs: number): number {
  let missingMs = 0
  for (const tripMs of tripsBetween(mine, timeMs - FUMES_LAST_MS, timeMs)) {
    const endMs = tripMs + mine.fanTripMs
    const gathered = deficitMs(mine, tripMs, Math.min(timeMs, endMs))
    missingMs += timeMs <= endMs ? gathered : gathered * Math.exp(-(timeMs - endMs) / (3 * MINUTE_MS))
  }
  return missingMs / (10 * MINUTE_MS)
}

/** Smooth noise in −1…1, the same for the same seed, channel and time; it changes over about `periodMs`. */
export function noiseAt(seed: number, channel: number, timeMs: number, periodMs = 10_000): number {
  const step = Math.floor(timeMs / periodMs)
  const x = timeMs / periodMs - step
  const smooth = x * x * (3 - 2 * x)
  const a = hash01(seed, step, channel)
  const b = hash01(seed, step + 1, channel)
  return 2 * (a + (b - a) * smooth) - 1
}

const MINUTE_MS = 60_000
const AIR_SPEED_MPS = 1.5
/** Airflow falls with this time constant after a trip and returns with the next. */
const SLOWING_MS = 40_000
const RETURNING_MS = 20_000
/** After this time a trip leaves no trace in the airflow. */
const RECOVERY_MS = 10 * RETURNING_MS
/** After this time a blast leaves no trace in the air. */
const FUMES_LAST_MS = 2 * 60 * MINUTE_MS

function tripsBetween(mine: Mine, fromMs: number, toMs: number): number[] {
  return eventsBetween(mine.fanTripEveryMs, mine.seed + 17, mine.extraTrips, fromMs, toMs)
}

// Events later than `fromMs` and not after `toMs`, in order; each is shifted a little so that no two seeds agree.
function eventsBetween(everyMs: number, seed: number, extra: readonly number[], fromMs: number, toMs: number): number[] {
  const events = extra.filter((atMs) => atMs > fromMs && atMs <= toMs)
  const first = Math.floor(fromMs / everyMs) - 1
  const last = Math.floor(toMs / everyMs)
  for (let i = first; i <= last; i++) {
    const atMs = (i + 0.8 * hash01(seed, i, 3)) * everyMs
    if (atMs > fromMs && atMs <= toMs) events.push(atMs)
  }
  return events.toSorted((a, b) => a - b)
}

function flowOfTrip(mine: Mine, tripMs: number, timeMs: number): number {
  const sinceMs = timeMs - tripMs
  if (sinceMs <= mine.fanTripMs) return Math.exp(-sinceMs / SLOWING_MS)
  const missing = 1 - Math.exp(-mine.fanTripMs / SLOWING_MS)
  return 1 - missing * Math.exp(-(sinceMs - mine.fanTripMs) / RETURNING_MS)
}

// The integral of 1 − airflow since the trip, in closed form.
function deficitMs(mine: Mine, tripMs: number, timeMs: number): number {
  const sinceMs = timeMs - tripMs
  if (sinceMs <= 0) return 0
  const standingMs = Math.min(sinceMs, mine.fanTripMs)
  const standing = standingMs - SLOWING_MS * (1 - Math.exp(-standingMs / SLOWING_MS))
  if (sinceMs <= mine.fanTripMs) return standing
  const missing = 1 - Math.exp(-mine.fanTripMs / SLOWING_MS)
  return standing + missing * RETURNING_MS * (1 - Math.exp(-(sinceMs - mine.fanTripMs) / RETURNING_MS))
}

// Time as the air counts it: minutes of still air do not count.
function airBetweenMs(mine: Mine, fromMs: number, toMs: number): number {
  let air = toMs - fromMs
  for (const tripMs of tripsBetween(mine, fromMs - mine.fanTripMs - RECOVERY_MS, toMs)) air -= deficitMs(mine, tripMs, toMs) - deficitMs(mine, tripMs, fromMs)
  return Math.max(0, air)
}

/** A number in [0, 1) that looks random, the same for the same seed, step and channel; lowbias32 by Chris Wellons over the mixed inputs. */
export function hash01(seed: number, step: number, channel: number): number {
  let x = Math.imul(seed | 0, 0x9e37_79b1) ^ Math.imul(step | 0, 0x85eb_ca77) ^ Math.imul(channel | 0, 0xc2b2_ae3d)
  x = Math.imul(x ^ (x >>> 16), 0x7feb_352d)
  x = Math.imul(x ^ (x >>> 15), 0x846c_a68b)
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32
}
