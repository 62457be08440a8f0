/*
 * Events of OPC UA to records. Pure: knows of the library's variants only what is read here.
 */
import type { EventField, OpcUaEvent } from '@orewatch/firmware-adapters'
import type { DeviceEvent } from '../driver.ts'
import { INT64, numberOf } from './codec.ts'

/** What is read of a variant. */
export interface VariantContents {
  readonly dataType: number
  readonly value: unknown
}

/** Browse name of a field, and whether it is of OPC UA's own namespace or of the event type's. */
export interface FieldName {
  readonly name: string
  readonly isStandard: boolean
}

// OPC UA Part 5, 6.4.2: what every event has.
const BASE_FIELDS: ReadonlySet<string> = new Set(['EventId', 'EventType', 'SourceNode', 'SourceName', 'Time', 'ReceiveTime', 'LocalTime', 'Message', 'Severity'])

/** What is selected of every event before the fields of the profile, in this order. */
const HEAD: readonly (readonly FieldName[])[] = ['EventId', 'EventType', 'Time'].map((name) => [{ name, isStandard: true }])

// OPC UA Part 5, 6.4.33: the server's own queue ran over; it comes whatever the filter says.
const OVERFLOW_TYPE = 'ns=0;i=3035'

const MAX_TEXT = 1_000

/** The fields to select, in the order in which `decodeEvent` takes them. */
export function selectedFields(event: OpcUaEvent): readonly (readonly FieldName[])[] {
  return [...HEAD, ...Object.values(event.fields).map(({ path }) => path.map((name, i) => ({ name, isStandard: i === 0 && BASE_FIELDS.has(name) })))]
}

/** Whether a notification says that the server lost events. */
export function isOverflow(variants: readonly VariantContents[]): boolean {
  return String(variants[1]?.value) === OVERFLOW_TYPE
}

/** The event of a notification: all that is there, and a list of flaws for what should be. */
export function decodeEvent(event: OpcUaEvent, variants: readonly VariantContents[]): DeviceEvent {
  const body: Record<string, unknown> = {}
  const flaws: string[] = []
  const [id, , time] = variants
  if (id?.value instanceof Uint8Array && id.value.length > 0) body['eventId'] = Buffer.from(id.value).toString('hex')
  else flaws.push('eventId: the server gives none')
  Object.entries(event.fields).forEach(([key, field], i) => {
    const decoded = decodeField(field, variants[HEAD.length + i])
    if ('flaw' in decoded) flaws.push(`${key}: ${decoded.flaw}`)
    else if (decoded.value !== undefined) body[key] = decoded.value
  })
  if (flaws.length > 0) body['flaws'] = flaws
  const own = event.timeField === undefined ? undefined : body[event.timeField]
  return { schema: event.schema, timeMs: typeof own === 'number' ? own : (timeOf(time?.value) ?? Number.NaN), body }
}

type DecodedField = { readonly value: string | number | boolean | undefined } | { readonly flaw: string }

function decodeField({ type, required = false }: EventField, variant: VariantContents | undefined): DecodedField {
  const raw = variant?.value
  if (raw === undefined || raw === null) return required ? { flaw: 'missing' } : { value: undefined }
  const value = READERS[type](raw, variant?.dataType ?? 0)
  return value === undefined ? { flaw: `${JSON.stringify(textOf(raw)?.slice(0, 80) ?? typeof raw)} is no ${type}` } : { value }
}

const READERS: Readonly<Record<EventField['type'], (raw: unknown, dataType: number) => string | number | boolean | undefined>> = {
  string: (raw) => textOf(raw)?.slice(0, MAX_TEXT),
  number: finiteOf,
  boolean: (raw) => (typeof raw === 'boolean' ? raw : undefined),
  time: timeOf,
}

function textOf(raw: unknown): string | undefined {
  if (typeof raw === 'string') return raw
  if (typeof raw === 'number' || typeof raw === 'boolean' || typeof raw === 'bigint') return String(raw)
  if (typeof raw !== 'object' || raw === null) return undefined
  // A localized text, or an object that can say itself, such as a date or a node id.
  if ('text' in raw) return typeof raw.text === 'string' ? raw.text : undefined
  const text: unknown = 'toJSON' in raw && typeof raw.toJSON === 'function' ? raw.toJSON() : undefined
  return typeof text === 'string' ? text : undefined
}

// Beyond 2^53 an integer would be another one in JSON.
function finiteOf(raw: unknown, dataType: number): number | undefined {
  const value = typeof raw === 'boolean' ? undefined : numberOf(raw, dataType === INT64)
  if (value === undefined || !Number.isFinite(value)) return undefined
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : value
}

function timeOf(raw: unknown): number | undefined {
  if (!(raw instanceof Date)) return undefined
  const timeMs = raw.getTime()
  return Number.isSafeInteger(timeMs) && timeMs >= 0 ? timeMs : undefined
}
