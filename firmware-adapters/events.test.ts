import { ConfigError } from '@orewatch/core'
import { expect, test } from 'vitest'
import { parseProfile } from './load-profile.ts'
import { resolveEvents } from './resolve-events.ts'

function profileOf(events: string) {
  return parseProfile(
    `id: gates
title: { zh: 门, en: Gates }
protocol: opcua
points:
  - { name: count, sensorType: "0502", title: { zh: 人数, en: Count }, opcua: { namespaceUri: "urn:gates", identifier: s=Count } }
events:
${events}`,
    'gates.yaml',
  )
}

const passage = (more = ''): string => `  - schema: positioning.passage/1
    title: { zh: 进出, en: Passage }
    notifier: { namespaceUri: "http://opcfoundation.org/UA/", identifier: i=2253 }
    eventType: { namespaceUri: "urn:gates", identifier: s=PassageType }
    fields:
      card: { path: [Card], type: string, required: true }
      at: { path: [At], type: time }
${more}`

function problemOf(events: string): string {
  try {
    profileOf(events)
  } catch (err) {
    if (err instanceof ConfigError) return err.message
    throw err
  }
  return ''
}

test("a vendor's namespace moves the events but not what OPC UA itself defines", () => {
  const [event] = resolveEvents(profileOf(passage()), { options: { namespaceUri: 'urn:vendor' } })
  expect([event?.notifier.namespaceUri, event?.eventType.namespaceUri, event?.fields['card']?.required]).toEqual(['http://opcfoundation.org/UA/', 'urn:vendor', true])
})

test('a time field must be a field of type time', () => {
  expect(problemOf(passage('    timeField: att\n'))).toContain('there is no field att; did you mean at?')
  expect(problemOf(passage('    timeField: card\n'))).toContain('card is of type string')
  expect(problemOf(passage('    timeField: at\n'))).toBe('')
})

test('a type that is subscribed to twice would be recorded twice and is refused with its line', () => {
  expect(problemOf(`${passage()}${passage()}`)).toMatch(/gates\.yaml:\d+.*events\[0\] takes this type/)
})

test('keys that the gateway fills in are refused', () => {
  expect(problemOf(passage().replace('card:', 'flaws:'))).toContain('flaws is filled in by the gateway')
})

test('a profile of Modbus has no events', () => {
  expect(() => parseProfile('id: a\ntitle: { zh: a, en: a }\nprotocol: modbus\nevents: []\npoints: []', 'a.yaml')).toThrow(/events/)
})
