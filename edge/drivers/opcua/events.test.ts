/*
 * Events of a real OPC UA server on a socket: recorded once each with their EventId, whatever happens to subscription,
 * session and namespaces, and never by a service that writes or calls.
 */
import type { OpcUaEvent } from '@orewatch/firmware-adapters'
import { afterEach, expect, test } from 'vitest'
import type { LineDriver } from '../driver.ts'
import { contextOf, RecordingSink } from '../test/recording-sink.ts'
import { createOpcUaLine } from './index.ts'
import { deviceOf, fastConfig, NAMESPACE, openSimulatedPlace, type SimulatedPlace, WRITING_SERVICES } from './test/simulated-place.ts'

const PASSAGE: OpcUaEvent = {
  schema: 'positioning.passage/1',
  title: { zh: '进出', en: 'Passage' },
  notifier: { namespaceUri: NAMESPACE, identifier: 's=Mine' },
  eventType: { namespaceUri: NAMESPACE, identifier: 's=PassageEventType' },
  fields: {
    card: { path: ['Card'], type: 'string', required: true },
    battery: { path: ['Battery'], type: 'number' },
    isAlone: { path: ['Alone'], type: 'boolean' },
    passedMs: { path: ['PassedAt'], type: 'time', required: true },
    severity: { path: ['Severity'], type: 'number' },
  },
  timeField: 'passedMs',
}
const TYPES = [
  { identifier: 's=PassageEventType', fields: { Card: 'string', Battery: 'number', Alone: 'boolean', PassedAt: 'time' } },
  { identifier: 's=OtherEventType', fields: { Card: 'string' } },
] as const

let place: SimulatedPlace
let sink: RecordingSink
let line: LineDriver

afterEach(async () => {
  await line.stop()
  const asked = [...place.server.services.keys()]
  await place.close()
  expect(asked.filter((service) => WRITING_SERVICES.test(service))).toEqual([])
})

async function open(events: readonly OpcUaEvent[] = [PASSAGE]): Promise<void> {
  place = await openSimulatedPlace({ eventTypes: TYPES })
  sink = new RecordingSink()
  line = createOpcUaLine(fastConfig(place.server.endpointUrl), contextOf(sink), place.pkiDirectory)
  line.setDevice({ ...deviceOf('gates', ['s=Constant']), events })
  line.start()
  await sink.untilGood('gates', 2)
}

const T0 = Date.UTC(2026, 2, 5, 8)

function pass(card: string, more: Record<string, string | number | boolean> = {}): void {
  place.server.raise({ type: 's=PassageEventType', timeMs: T0 + 500, fields: { Card: card, Battery: 3.7, Alone: false, PassedAt: T0, ...more } })
}

const passages = () => sink.events.filter(({ schema }) => schema === 'positioning.passage/1')
const cards = () => passages().map(({ body }) => body['card'])

test('an event becomes a record with its fields, its time and its EventId', async () => {
  await open()
  pass('A00123')
  await sink.until(() => passages().length === 1)
  expect(passages()[0]).toEqual({
    device: 'gates',
    schema: 'positioning.passage/1',
    timeMs: T0,
    body: { eventId: expect.stringMatching(/^([0-9a-f]{2})+$/), card: 'A00123', battery: 3.7, isAlone: false, passedMs: T0, severity: 0 },
  })
})

test('events of other types are not recorded', async () => {
  await open()
  place.server.raise({ type: 's=OtherEventType', timeMs: T0, fields: { Card: 'B' } })
  pass('A')
  await sink.until(() => passages().length > 0)
  expect(cards()).toEqual(['A'])
})

test('a burst is recorded whole, in order, each event with an EventId of its own', async () => {
  await open()
  const wanted = Array.from({ length: 300 }, (_, i) => `C${i}`)
  for (const card of wanted) pass(card)
  await sink.until(() => passages().length >= wanted.length)
  expect(cards()).toEqual(wanted)
  expect(new Set(passages().map(({ body }) => body['eventId'])).size).toBe(wanted.length)
})

test('an event that lacks a required field is recorded with what there is and with its flaws', async () => {
  await open()
  place.server.raise({ type: 's=PassageEventType', timeMs: T0 + 500, fields: { Battery: Number.NaN } })
  await sink.until(() => passages().length === 1)
  // The time field is missing too, so the Time of OPC UA stands.
  expect(passages()[0]).toMatchObject({ timeMs: T0 + 500, body: { flaws: ['card: missing', 'battery: "NaN" is no number', 'passedMs: missing'], severity: 0 } })
})

test('after a restart with other namespace indexes events are found again, and it is told since when some may be missing', async () => {
  await open()
  pass('before')
  await sink.until(() => passages().length === 1)
  await place.server.restart({ namespaceOrder: ['urn:orewatch:somebody-else', NAMESPACE] })
  await sink.until(() => sink.events.some(({ body }) => body['state'] === 'resumed'))
  pass('after')
  await sink.until(() => passages().length === 2)
  expect(cards()).toEqual(['before', 'after'])
  expect(sink.events.find(({ body }) => body['state'] === 'resumed')).toMatchObject({ schema: 'device.events/1', body: { schemas: ['positioning.passage/1'], missedFromMs: expect.any(Number) } })
})

test('sessions closed and subscriptions dropped double nothing', async () => {
  await open()
  pass('one')
  await sink.until(() => passages().length === 1)
  place.server.faults.dropSubscriptions()
  await sink.until(() => sink.events.filter(({ body }) => body['state'] === 'resumed').length === 1)
  pass('two')
  await sink.until(() => passages().length === 2)
  place.server.faults.closeSessions()
  await sink.until(() => sink.events.filter(({ body }) => body['state'] === 'resumed').length === 2)
  pass('three')
  await sink.until(() => passages().length === 3)
  expect(cards()).toEqual(['one', 'two', 'three'])
})

test.each([
  ['a notifier that does not exist', { notifier: { namespaceUri: NAMESPACE, identifier: 's=Nobody' } }, 'OPCUA_EVENTS_REFUSED'],
  ['a node that notifies of no events', { notifier: { namespaceUri: NAMESPACE, identifier: 's=Constant' } }, 'OPCUA_EVENTS_REFUSED'],
  ['a namespace that the server lacks', { eventType: { namespaceUri: 'urn:nobody', identifier: 's=PassageEventType' } }, 'OPCUA_UNKNOWN_NAMESPACE'],
])('%s is told once, and points and other events go on', async (_, wrong, code) => {
  await open([{ ...PASSAGE, schema: 'positioning.wrong/1', ...wrong }, PASSAGE])
  await sink.until(() => sink.events.some(({ body }) => body['state'] === 'refused'))
  pass('A')
  await sink.until(() => passages().length === 1)
  place.server.faults.dropSubscriptions()
  await sink.until(() => sink.events.some(({ body }) => body['state'] === 'resumed'))
  await sink.untilGood('gates', 2)
  const told = sink.events.filter(({ body }) => body['state'] === 'refused')
  expect(told).toMatchObject([{ device: 'gates', schema: 'device.events/1', body: { schemas: ['positioning.wrong/1'], code } }])
  expect(sink.kinds('gates')).not.toContain('lost')
})

test("events of a device that was taken off the line are nobody's", async () => {
  await open()
  line.setDevice({ ...deviceOf('other', ['s=Constant']), events: [PASSAGE] })
  await sink.untilGood('other', 2)
  line.removeDevice('gates')
  pass('A')
  await sink.until(() => passages().some(({ device }) => device === 'other'))
  expect(passages().map(({ device }) => device)).toEqual(['other'])
})
