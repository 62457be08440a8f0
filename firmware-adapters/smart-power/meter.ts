import { noiseAt } from '../simulation/mine-air.ts'
import { consumedAt, loadAt, meanLoadAt, type PowerLoop } from './model.ts'

/** What can be wrong at a loop. */
export type LoopFaultKind =
  /** Phase C is lost: no voltage, no current, and only what the other two carry. */
  | 'phase-loss'
  /** The terminal has no power: it does not answer, and what is used meanwhile is counted by nobody. */
  | 'terminal-off'
  /** The current transformers are on the wrong tap: current, power and energy are half of what they are. */
  | 'ct-wrong'
  /** The reading of energy falls by 500 kWh as the meter shows it, without a roll-over. */
  | 'energy-back'

/** A fault from one time to another, UTC ms; `energy-back` happens once, at its beginning. */
export interface LoopFault {
  readonly kind: LoopFaultKind
  readonly fromMs: number
  readonly untilMs: number
}

/** What a terminal shows, in the units of its class and as secondary values: at the meter's terminals. */
export interface MeterReadings {
  readonly volts: readonly [number, number, number]
  readonly amperes: readonly [number, number, number]
  readonly activeKw: number
  readonly reactiveKvar: number
  readonly apparentKva: number
  readonly powerFactor: number
  readonly frequencyHz: number
  /** 0 to 999 999.99, then 0 again. */
  readonly energyKwh: number
  readonly demandKw: number
  readonly thdVoltage: number
  readonly thdCurrent: number
  readonly temperatureC: number
  readonly leakageMa: number
  readonly isClosed: boolean
}

/** A meter at a loop: its seed sets the noise of voltages apart, `startKwh` is its reading at `COUNTING_SINCE_MS`. */
export interface Meter {
  readonly loop: PowerLoop
  readonly seed: number
  readonly startKwh: number
  readonly faults: readonly LoopFault[]
}

/** Since when the simulated meters count, UTC ms. */
export const COUNTING_SINCE_MS = Date.UTC(2025, 11, 31, 16)
// After 999 999.99 a meter begins again at 0.
const METER_MODULUS_KWH = 1_000_000
const BACK_KWH = 500
const DEMAND_SPAN_MS = 15 * 60_000
const WARM_UP_MS = 30 * 60_000
// Shares of the phases in the load; they add up to 3.
const PHASE_SHARES = [1.01, 0.985, 1.005] as const

/** What the meter shows at a time; the same for the same meter and time. */
export function readingsAt(meter: Meter, timeMs: number): MeterReadings {
  const { loop, seed } = meter
  const { ctRatio, ptRatio, powerFactor } = loop
  const active = activeFaults(meter.faults, timeMs)
  const hasPhase = [true, true, !active.has('phase-loss')]
  const seen = (active.has('ct-wrong') ? 0.5 : 1) / (ctRatio * ptRatio)
  const primaryKw = loadAt(loop, timeMs)
  const phases = PHASE_SHARES.map((share, i) => {
    const sag = 1 - (0.02 * primaryKw) / loop.ratedKw
    const volts = hasPhase[i] === true ? (loop.nominalV / Math.sqrt(3) / ptRatio) * sag * (1 + 0.004 * noiseAt(seed, 200 + i, timeMs, 60_000)) : 0
    const kw = hasPhase[i] === true ? (primaryKw * share * seen) / 3 : 0
    return { volts, kw, amperes: volts === 0 ? 0 : (1000 * kw) / powerFactor / volts }
  })
  const activeKw = phases.reduce((sum, { kw }) => sum + kw, 0)
  const apparentKva = activeKw / powerFactor
  return {
    volts: triple(phases.map(({ volts }) => volts)),
    amperes: triple(phases.map(({ amperes }) => amperes)),
    activeKw,
    apparentKva,
    reactiveKvar: Math.sqrt(apparentKva ** 2 - activeKw ** 2),
    powerFactor: activeKw === 0 ? 1 : powerFactor,
    frequencyHz: 50 + 0.03 * noiseAt(seed, 210, timeMs, 20_000),
    energyKwh: energyAt(meter, timeMs),
    demandKw: countedBetween(meter, timeMs - DEMAND_SPAN_MS, timeMs) / (loop.ctRatio * loop.ptRatio) / (DEMAND_SPAN_MS / 3_600_000),
    thdVoltage: 2.2 + 0.4 * noiseAt(seed, 211, timeMs, 60_000),
    thdCurrent: primaryKw === 0 ? 0 : loop.thdCurrent + 0.5 * noiseAt(seed, 212, timeMs, 60_000),
    temperatureC: 24 + (34 * meanLoadAt(loop, timeMs, WARM_UP_MS)) / loop.ratedKw + 0.5 * noiseAt(seed, 213, timeMs, 60_000),
    leakageMa: 45 + 10 * noiseAt(seed, 214, timeMs, 60_000),
    isClosed: primaryKw > 0,
  }
}

/** Energy that the meter shows at a time, kWh secondary. */
export function energyAt(meter: Meter, timeMs: number): number {
  const { ctRatio, ptRatio } = meter.loop
  const back = meter.faults.filter(({ kind, fromMs }) => kind === 'energy-back' && fromMs <= timeMs).length * BACK_KWH
  const total = meter.startKwh + countedBetween(meter, COUNTING_SINCE_MS, timeMs) / (ctRatio * ptRatio) - back
  return ((total % METER_MODULUS_KWH) + METER_MODULUS_KWH) % METER_MODULUS_KWH
}

// kWh primary that the meter has counted between two times: the load's energy, less where faults hide a part of it.
function countedBetween({ loop, faults }: Meter, fromMs: number, toMs: number): number {
  const edges = faults.flatMap((fault) => [fault.fromMs, fault.untilMs]).filter((edgeMs) => edgeMs > fromMs && edgeMs < toMs)
  const times = [fromMs, ...edges.toSorted((a, b) => a - b), toMs]
  return times.slice(1).reduce((sum, endMs, i) => {
    const startMs = times[i] as number
    return sum + countedShare(activeFaults(faults, startMs)) * (consumedAt(loop, endMs) - consumedAt(loop, startMs))
  }, 0)
}

function countedShare(active: ReadonlySet<LoopFaultKind>): number {
  if (active.has('terminal-off')) return 0
  return (active.has('phase-loss') ? (PHASE_SHARES[0] + PHASE_SHARES[1]) / 3 : 1) * (active.has('ct-wrong') ? 0.5 : 1)
}

function activeFaults(faults: readonly LoopFault[], timeMs: number): ReadonlySet<LoopFaultKind> {
  return new Set(faults.filter(({ fromMs, untilMs }) => fromMs <= timeMs && timeMs < untilMs).map(({ kind }) => kind))
}

function triple(values: readonly number[]): readonly [number, number, number] {
  return [values[0] ?? 0, values[1] ?? 0, values[2] ?? 0]
}
