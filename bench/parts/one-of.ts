import { benchErrors } from './errors.ts'

/** A flag's value as one of the words that it may be; throws BENCH_USAGE. */
export function oneOf<const T extends string>(value: string, known: readonly T[]): T {
  const found = known.find((name) => name === value)
  if (found === undefined) throw benchErrors.USAGE({ value, known: known.join(', ') })
  return found
}
