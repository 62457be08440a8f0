/*
 * What a schema cannot say about the events of a profile: schemas that are told apart, a time field that is one, identifiers
 * that can exist.
 */
import { nearest } from '@orewatch/config'
import type { Flaw } from './flaw.ts'
import { opcuaFlaws } from './point-checks.ts'
import type { OpcUaEvent } from './profile.ts'

/** Keys of a record's body that the gateway itself fills in. */
export const RESERVED_EVENT_KEYS: readonly string[] = ['eventId', 'deviceTimeMs', 'flaws']

/** Everything that is wrong with the events of a profile; paths are those of the file. */
export function findEventFlaws(events: readonly OpcUaEvent[]): Flaw[] {
  return events.flatMap((event, i) => [...eventFlaws(event), ...repeatFlaws(events, i)].map(({ path, message }) => ({ path: ['events', i, ...path], message })))
}

function eventFlaws(event: OpcUaEvent): Flaw[] {
  const reserved = Object.keys(event.fields).filter((key) => RESERVED_EVENT_KEYS.includes(key))
  return [
    ...(['notifier', 'eventType'] as const).flatMap((key) => opcuaFlaws(event[key]).map(({ path, message }) => ({ path: [key, ...path.slice(1)], message }))),
    ...reserved.map((key) => ({ path: ['fields', key], message: `${key} is filled in by the gateway; give the field another key` })),
    ...timeFlaws(event),
  ]
}

function timeFlaws({ timeField, fields }: OpcUaEvent): Flaw[] {
  if (timeField === undefined) return []
  const field = fields[timeField]
  if (field?.type === 'time') return []
  if (field !== undefined) return [{ path: ['timeField'], message: `${timeField} is of type ${field.type}; it must be a field of type time` }]
  const near = nearest(timeField, Object.keys(fields))
  return [{ path: ['timeField'], message: `there is no field ${timeField}; ${near === undefined ? `fields are ${Object.keys(fields).join(', ')}` : `did you mean ${near}?`}` }]
}

// Two subscriptions to one type would record every event twice.
function repeatFlaws(events: readonly OpcUaEvent[], i: number): Flaw[] {
  const nameOf = ({ notifier, eventType }: OpcUaEvent): string => JSON.stringify([notifier.namespaceUri, notifier.identifier, eventType.namespaceUri, eventType.identifier])
  const own = events[i] as OpcUaEvent
  const first = events.findIndex((event) => nameOf(event) === nameOf(own))
  return first < i ? [{ path: ['eventType'], message: `events[${first}] takes this type from this notifier already; every event would be recorded twice` }] : []
}
