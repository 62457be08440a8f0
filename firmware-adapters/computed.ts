/*
 * The part of the profile language for points that are computed from others of the same device, and for gates: other
 * points that must be in order before a value counts. Their arithmetic is in formulas.ts, their checks in
 * computed-checks.ts, their evaluation in edge/pipeline/derive.ts.
 */
import { type Static, Type } from 'typebox'
import { FORMULAS } from './formulas.ts'

// A name of a point, in which {slot} is the slot of the template.
const SlotName = Type.String({ description: 'Name of a point of the same device; {slot} is the slot of this sensor.', pattern: '^[a-z0-9{][a-z0-9{}-]*$', maxLength: 54 })

/** Point of the same device for each role of a formula. */
export const FormulaInputs = Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9]*$' }), SlotName, {
  description: 'Point of the same device for each role of the formula; {slot} is the slot of this sensor.',
})

/** Numbers of a calibration sheet or a design. */
export const FormulaConstants = Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9]*$' }), Type.Number(), {
  description: 'Constants of the formula, such as those of the calibration sheet; the wiring of a sensor gives its own.',
})

/** A point that is computed from others of the device. */
export const ComputedSource = Type.Object(
  {
    formula: Type.String({
      description: `Name of the formula: ${Object.entries(FORMULAS)
        .map(([name, { about }]) => `${name} (${about.replace(/\.$/, '')})`)
        .join('; ')}.`,
    }),
    inputs: FormulaInputs,
    constants: Type.Optional(FormulaConstants),
  },
  { additionalProperties: false, description: 'Computed by the gateway from other points of the device; a bad input makes a bad value, never one from the last good input.' },
)
export type ComputedSource = Static<typeof ComputedSource>

/** Another point that must be in order before a value counts. */
export const Gate = Type.Object(
  {
    point: SlotName,
    min: Type.Optional(Type.Number({ description: 'Lowest value that lets the point pass.' })),
    max: Type.Optional(Type.Number({ description: 'Highest value that lets the point pass.' })),
    equals: Type.Optional(Type.Number({ description: 'The only value that lets the point pass.' })),
    quality: Type.Integer({ description: 'Quality Q 1–9 of the value when the gate is shut: out of bounds, bad, or not read.', minimum: 1, maximum: 9 }),
  },
  { additionalProperties: false },
)
export type Gate = Static<typeof Gate>

/** Gates of a point. */
export const Gates = Type.Array(Gate, { description: 'Points of the same device that must be in order before a value counts, such as the solution type of a GNSS receiver.', maxItems: 16 })

/** Puts the number of a slot where names say {slot}. */
export function fillSlot(name: string, slot: number): string {
  return name.replaceAll('{slot}', String(slot))
}
