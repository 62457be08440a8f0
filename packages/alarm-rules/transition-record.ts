import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Transition } from './transition.ts'

/** Schema id of the record in which a gateway tells of a transition. */
export const TRANSITION_SCHEMA = 'alarm.transition/1'

const Time = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Level = Type.Union([Type.Literal('blue'), Type.Literal('yellow'), Type.Literal('orange'), Type.Literal('red')])
const TransitionBody = Type.Object({
  kind: Type.Union([Type.Literal('raise'), Type.Literal('escalate'), Type.Literal('deescalate'), Type.Literal('clear'), Type.Literal('value-unknown'), Type.Literal('value-known')]),
  alarmId: Type.String({ pattern: '^[0-9a-f]{32}$' }),
  ruleId: Type.String({ minLength: 1, maxLength: 80 }),
  ruleVersion: Type.Integer({ minimum: 1 }),
  subject: Type.String({ pattern: '^[1-9][0-9]{11}', maxLength: 120 }),
  atMs: Time,
  startMs: Time,
  level: Level,
  previousLevel: Type.Optional(Level),
  value: Type.Number(),
  limit: Type.Number(),
  peak: Type.Number(),
  durationMs: Type.Number({ minimum: 0 }),
  area: Type.Number(),
  quality: Type.Optional(Type.Integer({ minimum: 0, maximum: 9 })),
})

/** A transition from the body of a record, or a sentence about what is wrong with it. */
export function parseTransition(body: unknown): Transition | string {
  const [first] = Value.Errors(TransitionBody, body)
  return first === undefined ? (body as Transition) : `${first.instancePath || '/'} ${first.message}`
}
