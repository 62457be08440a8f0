// docs/formats/events.md describes every event that is recorded, with an example that is one.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listProfiles, loadProfile } from '@orewatch/firmware-adapters'
import { parseRecord } from '@orewatch/protocol'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/formats/events.md'), 'utf8')
const described = new Map(
  page
    .split('\n### ')
    .slice(1)
    .map((part) => [/^`(?<schema>[^`]+)`/.exec(part)?.groups?.['schema'] ?? '', part]),
)
const profiled = listProfiles().flatMap(({ id }) => {
  const profile = loadProfile(id)
  return profile.protocol === 'opcua' ? profile.events : []
})

function exampleOf(schema: string): ReturnType<typeof parseRecord> {
  return parseRecord(JSON.parse(/```json\n(?<json>[^`]+)```/.exec(described.get(schema) ?? '')?.groups?.['json'] ?? 'null'))
}

test.each([...described.keys()])('the example of %s is a record of that schema', (schema) => {
  expect(exampleOf(schema)).toMatchObject({ schema })
})

test('there is an event in a profile to be described', () => expect(profiled.length).toBeGreaterThan(0))

test.each(profiled)('the page says of $schema what the profile says', ({ schema, fields }) => {
  const example = exampleOf(schema)
  expect(example).toMatchObject({ body: expect.anything() })
  const body = typeof example === 'string' ? {} : example.body
  const types = { string: 'string', number: 'number', boolean: 'boolean', time: 'number' } as const
  for (const [key, { type, required = false }] of Object.entries(fields)) {
    if (required || key in body) expect([key, typeof body[key]]).toEqual([key, types[type]])
  }
  expect(Object.keys(body).filter((key) => key !== 'eventId' && !(key in fields))).toEqual([])
})

test('every schema that the code of the gateway records is on the page', () => {
  const files = readdirSync(join(root, 'edge'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('/test/'))
  const recorded = new Set(files.flatMap((file) => [...readFileSync(join(root, 'edge', file), 'utf8').matchAll(/schema: '(?<schema>[a-z.-]+\/\d+)'/g)].map((match) => match.groups?.['schema'] ?? '')))
  expect(recorded.size).toBeGreaterThan(2)
  expect([...recorded].filter((schema) => !described.has(schema))).toEqual([])
})
