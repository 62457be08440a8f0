import { airflowAt, fumesAt, isFanRunning, type Mine, noiseAt, stagnationAt } from '../simulation/mine-air.ts'

/** Where a simulated sensor hangs: at the face, in the return air or in the fresh air. */
export type SensorPlace = 'face' | 'return' | 'intake'

const DISTANCE_M: Readonly<Record<SensorPlace, number>> = { face: 60, return: 400, intake: Number.POSITIVE_INFINITY }

/** The physical value at a sensor, in the unit of its class of T-20. `channel` sets sensors of one class apart. */
export function gasValueAt(mine: Mine, sensorType: string, place: SensorPlace, channel: number, timeMs: number): number {
  const fumes = place === 'intake' ? 0 : fumesAt(mine, DISTANCE_M[place], timeMs)
  const still = place === 'intake' ? 0 : stagnationAt(mine, timeMs)
  const flow = airflowAt(mine, timeMs)
  const noise = (size: number): number => size * noiseAt(mine.seed, channel, timeMs)
  const positive = (value: number): number => Math.max(0, value)
  switch (sensorType) {
    case '0101':
      return positive(3 + fumes + noise(0.8))
    case '0102':
      return positive(0.2 + 0.028 * fumes + noise(0.1))
    case '0103':
      return positive(0.3 + 0.02 * fumes + noise(0.1))
    case '0104':
      return positive(0.4 + 0.012 * fumes + 2 * still + noise(0.15))
    case '0105':
      return 20.8 - 0.004 * fumes - 1.2 * still + noise(0.05)
    case '0106':
      return positive(0.08 + 0.002 * fumes + 0.6 * still + noise(0.01))
    case '0107':
      return positive(0.06 + 0.9 * still + noise(0.01))
    case '0108':
      return positive(1 + 0.05 * fumes + noise(0.4))
    case '0109':
      return fumes > 30 ? 1 : 0
    case '0110':
      return positive(2 + 0.25 * fumes + noise(0.6))
    case '0111':
      return 22 + 5 * still + 0.02 * fumes + noise(0.3)
    case '0112':
      return 78 + 8 * still + noise(2)
    case '0113':
      return positive(120 + 400 * still + noise(15))
    case '0201':
      return positive(4.2 * flow + 0.15 * flow * noise(1))
    case '0202':
      return -1800 * flow * flow + noise(6)
    case '0203':
      return isFanRunning(mine, timeMs) ? 1 : 0
    case '0204':
      return 1
    // A wagon passes an air door for 25 s every 6 min.
    case '0205':
      return (timeMs / 1000 + 60 * channel) % 360 < 25 ? 1 : 0
    default:
      return 10 + noise(1)
  }
}

/** Alarm limit that the substation itself holds for a class; 0 where it has none. */
export function alarmLimitOf(sensorType: string): number {
  return ALARM_LIMITS[sensorType] ?? 0
}

/** Whether a value is beyond the substation's own limit, and on which side. */
export function alarmSideOf(sensorType: string, value: number): 'high' | 'low' | undefined {
  const limit = ALARM_LIMITS[sensorType]
  if (limit === undefined) return undefined
  if (sensorType === '0105') return value < limit ? 'low' : undefined
  return value >= limit ? 'high' : undefined
}

// T-20, default alarms.
const ALARM_LIMITS: Readonly<Record<string, number>> = {
  '0101': 24,
  '0102': 2.5,
  '0103': 5,
  '0104': 6.6,
  '0105': 20,
  '0106': 0.5,
  '0107': 0.5,
  '0108': 40,
  '0111': 28,
}
