import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadAlarmSetup } from './load.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-alarm-files-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const file = join(directory, name)
  writeFileSync(file, text)
  return file
}

test('without files the default rules hold and nothing is known of the mines', () => {
  const { ruleSet, facts } = loadAlarmSetup({})
  expect(ruleSet.rules.map(({ id }) => id)).toContain('GAS-1.CO')
  expect(facts).toEqual({ mines: {}, points: {} })
})

test('the facts of the demo are good', () => {
  const { facts } = loadAlarmSetup({ factsFile: join(import.meta.dirname, '../../examples/demo-mine/alarm-facts.yaml') })
  expect(facts.mines['990121300001']).toMatchObject({ damLevel: 3, construction: 'upstream' })
})

test('a fact under a code that is none, and a rule of an unknown kind, are refused with file and what would be right', () => {
  expect(() => loadAlarmSetup({ factsFile: write('facts.yaml', 'mines:\n  "12": { damLevel: 3 }\n') })).toThrow(/facts\.yaml:2: mines\.12 is no code of 12 digits/)
  expect(() => loadAlarmSetup({ rulesFile: write('rules.yaml', 'version: 1\nrules:\n  - { kind: limmit, id: X, version: 1 }\n') })).toThrow(/rules\.yaml/)
})

test('a rule set of one’s own takes the place of the defaults', () => {
  const rules = `version: 4
rules:
  - kind: limit
    id: OWN-1.CO
    version: 2
    title: { zh: 一氧化碳, en: CO }
    for: { sensorTypes: ["0101"] }
    levels: { red: { ge: 20, source: "design 2026", confidence: S } }
`
  expect(loadAlarmSetup({ rulesFile: write('rules.yaml', rules) }).ruleSet).toMatchObject({ version: 4, rules: [{ id: 'OWN-1.CO' }] })
})
