import type { OpcUaEvent } from '@orewatch/firmware-adapters'
import { DataType, LocalizedText, NodeId, Variant, VariantArrayType } from 'node-opcua-client'
import { expect, test } from 'vitest'
import { decodeEvent, isOverflow, selectedFields } from './event-codec.ts'

const namespaceUri = 'urn:gates'
const EVENT: OpcUaEvent = {
  schema: 'area.thing/1',
  title: { zh: '事', en: 'thing' },
  notifier: { namespaceUri, identifier: 's=Mine' },
  eventType: { namespaceUri, identifier: 's=ThingType' },
  fields: { said: { path: ['Message'], type: 'string' }, level: { path: ['Place', 'Level'], type: 'number', required: true }, isOn: { path: ['On'], type: 'boolean' } },
}
const TIME = new Date('2026-03-05T00:00:00Z')
const head = [
  new Variant({ dataType: DataType.ByteString, value: Buffer.from('01ff', 'hex') }),
  new Variant({ dataType: DataType.NodeId, value: new NodeId(NodeId.NodeIdType.STRING, 'ThingType', 2) }),
  new Variant({ dataType: DataType.DateTime, value: TIME }),
]

function bodyOf(...fields: readonly Variant[]): Readonly<Record<string, unknown>> {
  return decodeEvent(EVENT, [...head, ...fields]).body
}

const text = new Variant({ dataType: DataType.LocalizedText, value: new LocalizedText({ text: '门开', locale: 'zh' }) })
const nothing = new Variant({ dataType: DataType.Null })

test('EventId, EventType and Time are selected first, and only the first name of a path can be of OPC UA itself', () => {
  expect(selectedFields(EVENT)).toEqual([
    [{ name: 'EventId', isStandard: true }],
    [{ name: 'EventType', isStandard: true }],
    [{ name: 'Time', isStandard: true }],
    [{ name: 'Message', isStandard: true }],
    [
      { name: 'Place', isStandard: false },
      { name: 'Level', isStandard: false },
    ],
    [{ name: 'On', isStandard: false }],
  ])
})

test('without a time field the event is of its OPC UA time, and localized texts are their text', () => {
  const event = decodeEvent(EVENT, [...head, text, new Variant({ dataType: DataType.Int16, value: -120 }), new Variant({ dataType: DataType.Boolean, value: true })])
  expect(event).toEqual({ schema: 'area.thing/1', timeMs: TIME.getTime(), body: { eventId: '01ff', said: '门开', level: -120, isOn: true } })
})

test('64-bit integers are exact or a flaw', () => {
  expect(bodyOf(nothing, new Variant({ dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value: [0xffff_ffff, 0xffff_ffff] }), nothing)).toEqual({ eventId: '01ff', level: -1 })
  expect(bodyOf(nothing, new Variant({ dataType: DataType.UInt64, arrayType: VariantArrayType.Scalar, value: [0x20_0000, 1] }), nothing)).toMatchObject({
    flaws: [expect.stringContaining('is no number')],
  })
})

test('a field of another type is left out and named, and nothing else is lost', () => {
  expect(bodyOf(text, new Variant({ dataType: DataType.String, value: 'deep' }), new Variant({ dataType: DataType.Double, value: 1 }))).toEqual({
    eventId: '01ff',
    said: '门开',
    flaws: ['level: "deep" is no number', 'isOn: "1" is no boolean'],
  })
})

test('an event without EventId and time is still one', () => {
  const event = decodeEvent(EVENT, [nothing, nothing, nothing, nothing, new Variant({ dataType: DataType.Byte, value: 3 }), nothing])
  expect(event).toEqual({ schema: 'area.thing/1', timeMs: Number.NaN, body: { level: 3, flaws: ['eventId: the server gives none'] } })
})

test('very long texts are cut', () => expect(String(bodyOf(new Variant({ dataType: DataType.String, value: 'x'.repeat(5_000) }), nothing, nothing)['said'])).toHaveLength(1_000))

// OPC UA Part 5, 6.4.33: EventQueueOverflowEventType is i=3035.
test("the server's own word of lost events is told apart", () => {
  expect(isOverflow([nothing, new Variant({ dataType: DataType.NodeId, value: new NodeId(NodeId.NodeIdType.NUMERIC, 3035, 0) })])).toBe(true)
  expect(isOverflow(head)).toBe(false)
})
