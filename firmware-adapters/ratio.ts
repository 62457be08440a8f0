/*
 * Instrument transformers: a meter behind a current or voltage transformer shows secondary values, the loop has primary
 * ones. What is stated of a point in secondary values becomes primary here, once, when the point is resolved.
 */
import type { SensorType } from '@orewatch/core'
import type { Counter, ResolvedPoint, Transformer } from './profile.ts'
import type { DeviceWiring } from './wiring.ts'
import type { Static } from 'typebox'

/** What profile, template and wiring may say of a value. */
export type StatedFields = Partial<Pick<ResolvedPoint, 'unit' | 'scale' | 'offset' | 'rangeLo' | 'rangeHi' | 'periodMs' | 'loop' | 'gates' | 'priority'>> & {
  readonly ratio?: readonly Transformer[]
  readonly counter?: Static<typeof Counter>
}

type Options = DeviceWiring['options']

/** The option that gives the ratio of a transformer. */
export const RATIO_OPTIONS = { ct: 'ctRatio', pt: 'ptRatio' } as const satisfies Record<Transformer, keyof NonNullable<Options>>

/** Which transformers stand before a quantity of T-20: a power of which only the CT is counted would be a lie. */
export const TRANSFORMERS_OF: Readonly<Record<string, readonly Transformer[]>> = {
  '1001': ['pt'],
  '1002': ['ct'],
  '1003': ['ct', 'pt'],
  '1005': ['ct', 'pt'],
  '1006': ['ct', 'pt'],
  '1008': ['ct', 'pt'],
  '1009': ['ct', 'pt'],
}

const DEFAULT_WINDOW_SHARE = 1 / 20

// 1 where there is no transformer.
function ratioOf(transformers: readonly Transformer[] = [], options: Options = {}): number {
  return transformers.reduce((product, transformer) => product * (options[RATIO_OPTIONS[transformer]] ?? 1), 1)
}

/** What became of the fields of a point in primary values. */
export interface Primary {
  /** Primary over secondary value. */
  readonly factor: number
  readonly range: Pick<ResolvedPoint, 'rangeLo' | 'rangeHi'>
  readonly counter: ResolvedPoint['counter'] | undefined
}

/**
 * Range and counter of a point in primary values: the range of profile or class is that of the meter's terminals and grows
 * with the ratio; a range of the wiring is the loop's own and stays.
 */
export function primaryOf(stated: StatedFields, wired: StatedFields, type: SensorType, options: Options): Primary {
  const factor = ratioOf(stated.ratio, options)
  const [lo, hi] = [stated.rangeLo ?? type.rangeLo, stated.rangeHi ?? type.rangeHi]
  const rangeLo = wired.rangeLo ?? (lo === undefined ? undefined : times(lo, factor))
  const rangeHi = wired.rangeHi ?? (hi === undefined ? undefined : times(hi, factor))
  const { counter } = stated
  return {
    factor,
    range: { ...(rangeLo === undefined ? {} : { rangeLo }), ...(rangeHi === undefined ? {} : { rangeHi }) },
    counter: counter && { rollOver: times(counter.rollOver, factor), window: times(counter.window ?? counter.rollOver * DEFAULT_WINDOW_SHARE, factor) },
  }
}

// The highest reading of a counter is its range too: 999999.99 × 3 must be 2999999.97 and not a little less.
function times(value: number, factor: number): number {
  return Number((value * factor).toPrecision(15))
}
