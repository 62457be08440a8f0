/*
 * What a slope radar says of the zones of a pit wall, scan by scan: displacement, velocity, coherence. One zone is at rest, one
 * creeps, one speeds up and falls by Fukuzono's law. Pure in time: a scan is computed from its own time.
 */
import { type CreepingSlope, creepAt, makeSlope } from '../simulation/creep.ts'
import { hash01, noiseAt } from '../simulation/mine-air.ts'

/** A zone of the wall and how it moves. */
export interface Zone {
  readonly areaM2: number
  readonly pixels: number
  /** Coherence on a clear day, 0…1. */
  readonly coherence: number
  readonly slope: CreepingSlope
}

/** What can be ordered by hand for a zone. */
export const RADAR_FAULT_KINDS = ['phase-jump', 'low-coherence', 'acceleration'] as const
export type RadarFaultKind = (typeof RADAR_FAULT_KINDS)[number]

/** A radar on its wall. */
export interface Radar {
  readonly seed: number
  /** Time from one scan to the next, ms; 2 to 10 minutes (T-20 class 0702). */
  readonly scanMs: number
  readonly zones: readonly Zone[]
  /** Orders by hand; at most 32 are kept. */
  readonly orders: { readonly kind: RadarFaultKind; readonly zone: number; readonly atMs: number }[]
}

/** What a scan says of a zone. */
export interface ZoneScan {
  /** Time of the scan, UTC ms. */
  readonly scanMs: number
  readonly displacementMm: number
  readonly velocityMmPerH: number
  readonly coherence: number
  /** Pixels faster than 5 mm/h. */
  readonly pixelsAbove: number
  /** Whether the radar marks the movement as unsure: it jumped by more than a quarter of the wavelength, or has not recovered from that. */
  readonly isMarked: boolean
}

/** Wavelength of a radar in Ku band, mm; a quarter of it is 4.35 mm (E.1.3: about 4 to 5 mm). */
export const WAVELENGTH_MM = 17.4
/** Below this coherence a value is rejected (E.1.3). */
export const LEAST_COHERENCE = 0.6

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
// T-17: the red limit of instantaneous velocity.
const THRESHOLD_MM_PER_H = 5
// An unwrapping error is half a wavelength; the radar needs this many scans to find it.
const JUMP_SCANS = 3
const LOW_COHERENCE_MS = 30 * MINUTE_MS
const MAX_ORDERS = 32

/** A radar over three zones: at rest, creeping, and falling ten hours after `onsetMs` (UTC). */
export function makeRadar(options: { readonly seed?: number; readonly scanMs?: number; readonly onsetMs: number }): Radar {
  const { seed = 1, scanMs = 5 * MINUTE_MS, onsetMs } = options
  const still = { onsetMs, failureMs: Number.POSITIVE_INFINITY }
  return {
    seed,
    scanMs,
    orders: [],
    zones: [
      { areaM2: 18_400, pixels: 2_300, coherence: 0.92, slope: makeSlope({ ...still, creepMmPerH: 0.004 }) },
      { areaM2: 9_600, pixels: 1_200, coherence: 0.88, slope: makeSlope({ ...still, creepMmPerH: 0.08 }) },
      { areaM2: 4_200, pixels: 525, coherence: 0.85, slope: makeSlope({ onsetMs }) },
    ],
  }
}

/** Lets something happen to a zone (from 1) at a time, UTC ms; acceleration lets it fall ten hours later. */
export function orderRadar({ orders, zones }: Radar, kind: RadarFaultKind, zone: number, atMs: number): void {
  if (zones[zone - 1] === undefined) return
  orders.push({ kind, zone, atMs })
  if (orders.length > MAX_ORDERS) orders.shift()
}

/** The time of the newest scan at a time, UTC ms. */
export function scanTimeOf({ scanMs }: Radar, timeMs: number): number {
  return Math.floor(timeMs / scanMs) * scanMs
}

/** What the newest scan at a time (UTC ms) says of a zone (from 1). */
export function scanAt(radar: Radar, zone: number, timeMs: number): ZoneScan {
  const { seed, scanMs, zones } = radar
  const { coherence: clear, pixels } = zones[zone - 1] as Zone
  const atMs = scanTimeOf(radar, timeMs)
  const { velocityMmPerH } = creepAt(slopeOf(radar, zone), atMs)
  const displacementMm = measuredMm(radar, zone, atMs)
  const stepMm = Math.abs(displacementMm - measuredMm(radar, zone, atMs - scanMs))
  // What moves a quarter of a wavelength between two scans does not look like itself any more.
  const blurred = 0.35 * Math.min(1, (Math.abs(velocityMmPerH) * (scanMs / HOUR_MS)) / (WAVELENGTH_MM / 4))
  const isLow = ordered(radar, 'low-coherence', zone, atMs, LOW_COHERENCE_MS) !== undefined
  return {
    scanMs: atMs,
    displacementMm: round(displacementMm, 10),
    velocityMmPerH: round(velocityMmPerH + 0.02 * noiseAt(seed, 300 + zone, atMs, scanMs), 100),
    coherence: round(isLow ? 0.42 + 0.1 * hash01(seed, atMs / scanMs, 400 + zone) : clear - blurred + 0.03 * noiseAt(seed, 500 + zone, atMs, HOUR_MS), 100),
    pixelsAbove: Math.round(pixels * shareAbove(velocityMmPerH)),
    isMarked: stepMm > WAVELENGTH_MM / 4 || offsetMm(radar, zone, atMs) > 0,
  }
}

function measuredMm(radar: Radar, zone: number, atMs: number): number {
  return creepAt(slopeOf(radar, zone), atMs).displacementMm + offsetMm(radar, zone, atMs) + 0.1 * noiseAt(radar.seed, 600 + zone, atMs, radar.scanMs)
}

function offsetMm(radar: Radar, zone: number, atMs: number): number {
  return ordered(radar, 'phase-jump', zone, atMs, JUMP_SCANS * radar.scanMs) === undefined ? 0 : WAVELENGTH_MM / 2
}

// Orders to speed up replace the zone's own fate from their time on.
function slopeOf(radar: Radar, zone: number): CreepingSlope {
  const { slope } = radar.zones[zone - 1] as Zone
  const order = radar.orders.findLast((one) => one.kind === 'acceleration' && one.zone === zone)
  if (order === undefined) return slope
  const before = creepAt(slope, order.atMs)
  return makeSlope({ onsetMs: order.atMs, onsetDisplacementMm: before.displacementMm, creepMmPerH: Math.max(0.5, before.velocityMmPerH) })
}

function ordered({ orders }: Radar, kind: RadarFaultKind, zone: number, atMs: number, lastsMs: number): number | undefined {
  return orders.findLast((order) => order.kind === kind && order.zone === zone && order.atMs <= atMs && atMs < order.atMs + lastsMs)?.atMs
}

// Within a zone pixels move with half to one and a half times its velocity, evenly spread.
function shareAbove(velocityMmPerH: number): number {
  return velocityMmPerH <= 0 ? 0 : Math.min(1, Math.max(0, 1.5 - THRESHOLD_MM_PER_H / velocityMmPerH))
}

function round(value: number, steps: number): number {
  return Math.round(value * steps) / steps
}
