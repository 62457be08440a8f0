/*
 * Values that can be computed from point and time, so that a chaos test can check every sample without having seen it.
 * 23 bits fit the mantissa of a float32 in [1, 2): 16 say the time in steps of 100 ms, 7 say the point. [1, 2) lies
 * within the range of every measuring class of T-20, so no plausibility check turns a pattern into a fault.
 */

/** How often a pattern value changes, ms. */
export const PATTERN_STEP_MS = 100

/** After this time the pattern repeats, ms (about 109 minutes). */
export const PATTERN_REPEAT_MS = PATTERN_STEP_MS * 0x1_0000

/** Points whose indexes differ by a multiple of this have the same pattern. */
export const PATTERN_POINTS = 128

// Steps are multiplied by an odd number (golden ratio × 2^16) so that neighbouring values differ widely and never look stuck.
const STRIDE = 40_503
const STRIDE_INVERSE = inverseOf(STRIDE)

/** The value of a point at a time: exact in float32, within [1, 2), another one every 100 ms. */
export function patternValue(pointIndex: number, timeMs: number): number {
  const step = Math.floor(timeMs / PATTERN_STEP_MS) % 0x1_0000
  const mixed = Math.imul(step, STRIDE) & 0xffff
  return 1 + ((mixed << 7) | (pointIndex & 127)) / 2 ** 23
}

/** The switch state of a point at a time: changes every second. */
export function patternBit(pointIndex: number, timeMs: number): boolean {
  return ((Math.floor(timeMs / 1000) + pointIndex) & 1) === 1
}

/** What a pattern value says. */
export interface PatternOrigin {
  /** Index of the point modulo PATTERN_POINTS. */
  readonly pointIndex: number
  /** Start of the 100 ms in which the value held, UTC ms. */
  readonly timeMs: number
}

/** Point and time that a value came from; of the possible times the one nearest to `nearMs`. Undefined when it is no pattern value. */
export function patternTimeOf(value: number, nearMs: number): PatternOrigin | undefined {
  const bits = (value - 1) * 2 ** 23
  if (!Number.isInteger(bits) || bits < 0 || bits >= 2 ** 23) return undefined
  const step = Math.imul(bits >>> 7, STRIDE_INVERSE) & 0xffff
  const repeats = Math.round((nearMs - step * PATTERN_STEP_MS) / PATTERN_REPEAT_MS)
  return { pointIndex: bits & 127, timeMs: step * PATTERN_STEP_MS + repeats * PATTERN_REPEAT_MS }
}

// Newton's iteration for the inverse of an odd number modulo a power of two.
function inverseOf(odd: number): number {
  let inverse = odd
  for (let i = 0; i < 4; i++) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse))
  return inverse & 0xffff
}
