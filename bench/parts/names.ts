/* Names of the imaginary county that the benchmarks load: gateways, devices and points, the same in every program. */

/** Sparkplug group of all gateways: the county. */
export const GROUP = '990121'
/** Class of all points (T-20: carbon monoxide) and its unit. */
export const UNIT = 'ppm'
const SENSOR = '0101'

/** Node id of gateway `index`, from 0. */
export function nodeOf(index: number): string {
  return `gw-${index + 1}`
}

/** Subject code of the mine of gateway `index`. */
export function subjectOf(index: number): string {
  return `${GROUP}1${String(index + 1).padStart(5, '0')}`
}

/** Point code of point `serial`, from 0, of gateway `index`; a gateway has at most 9,999. */
export function pointCodeOf(index: number, serial: number): string {
  return `${subjectOf(index)}01${SENSOR}${String(serial + 1).padStart(4, '0')}`
}

/** A reading as sensors give them: two decimals, moving with time. */
export function valueOf(point: number, timeMs: number): number {
  return Math.round(2_000 + 500 * Math.sin(point + timeMs / 60_000)) / 100
}
