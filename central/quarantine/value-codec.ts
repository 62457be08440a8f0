/* Values of refused samples as text, exactly: what a sample was must be readable years later, whatever type it had. */
import type { QuarantinedSample } from './quarantine.ts'

// A sample is part of a message, which is bounded too; this bounds a row of the table.
const MAX_VALUE_CHARS = 262_144

/** The exact text of a value: JSON, or NaN, Infinity, -Infinity and -0, which JSON lacks. Strings stand in quotes. */
export function encodeValue(value: QuarantinedSample['value']): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MAX_VALUE_CHARS).toWellFormed())
  if (Object.is(value, -0)) return '-0'
  return String(value)
}

/** The number that a telemetry store can keep for a text; undefined when it cannot keep it exactly. */
export function toStorable(text: string): number | undefined {
  if (text === 'null' || text === 'NaN') return Number.NaN
  if (text === 'true') return 1
  if (text === 'false') return 0
  if (!/^-?(\d|Infinity)/.test(text)) return undefined
  const number = Number(text)
  // A 64-bit integer beyond 2^53 would become another number.
  return String(number) === text || Object.is(number, -0) ? number : undefined
}
