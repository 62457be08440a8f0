import { ConfigError } from '@orewatch/core'
import { expect, test } from 'vitest'
import { checkRuleSet, defaultRuleSet } from './index.ts'
import { coLimit } from './test/stage.ts'

/** The problems of a rule set. */
function problems(rules: readonly unknown[], more: Readonly<Record<string, unknown>> = {}): readonly string[] {
  try {
    checkRuleSet({ version: 1, rules, ...more })
  } catch (err) {
    if (err instanceof ConfigError) return err.problems
    throw err
  }
  return []
}

const combination = (when: unknown, points: unknown = { pump: { sensorTypes: ['0304'] } }) => ({
  kind: 'combination',
  id: 'WAT-2',
  version: 1,
  title: { zh: '泵', en: 'pump' },
  by: 'subject',
  points,
  when,
  level: 'red',
  source: 'test',
  confidence: 'D',
})

test('a rule set is taken as it is', () => expect(problems([coLimit({ yellow: { ge: 24 } })])).toEqual([]))
test('the defaults are a rule set', () => expect(() => defaultRuleSet()).not.toThrow())
test('a mistyped key names the rule and the nearest known key', () => {
  expect(problems([coLimit({ yellow: { ge: 24 } }, { hysteresys: { by: 1 } })])).toEqual(['rules: rules[0] (GAS-1.CO): hysteresys is not a known key; did you mean hysteresis?'])
})
test('an unknown kind says which there are', () => {
  expect(problems([{ kind: 'limits' }])[0]).toMatch(/rules\[0\].kind is "limits"; it must be one of "limit", "rate"/)
})
test('a level needs exactly one limit', () => {
  expect(problems([coLimit({ yellow: {} })])).toEqual(['rules: GAS-1.CO: yellow has no limit; a limit rule takes exactly one of ge, gt, le, lt'])
  expect(problems([coLimit({ yellow: { ge: 24, gt: 23 } })])).toEqual(['rules: GAS-1.CO: yellow has ge and gt; a limit rule takes exactly one of ge, gt, le, lt'])
})
test('levels that would come in the wrong order are refused', () => {
  expect(problems([coLimit({ yellow: { ge: 24 }, red: { ge: 20 } })])).toEqual(['rules: GAS-1.CO: red (20) would be reached before yellow (24); every level lies beyond the one before'])
})
test('upper and lower limits are two rules', () => {
  expect(problems([coLimit({ yellow: { ge: 24 }, red: { lt: 1 } })])).toEqual(['rules: GAS-1.CO: levels mix upper (ge, gt) and lower limits (le, lt); make two rules'])
})
test('a level cannot end beyond its limit', () => {
  expect(problems([coLimit({ yellow: { ge: 24, clear: 25 } })])).toEqual(['rules: GAS-1.CO: yellow.clear is 25; it must lie at or below the limit 24'])
})
test('an id is used once', () => {
  expect(problems([coLimit({ yellow: { ge: 24 } }), coLimit({ yellow: { ge: 24 } })])).toEqual(['rules: GAS-1.CO: the id is used twice; every rule has its own'])
})
test('a table that is not there is named with the nearest', () => {
  const tables = { 'wind-max': { by: 'place', rows: { stope: 4 }, source: 'T-14', confidence: 'M' } }
  expect(problems([coLimit({ yellow: { ge: { table: 'wind-mx' } } })], { tables })).toEqual(['rules: GAS-1.CO: yellow.ge names table wind-mx, which is not in the rule set; did you mean wind-max?'])
})
test('a number without a source is refused', () => {
  expect(problems([{ ...(coLimit({}) as object), levels: { yellow: { ge: 24, confidence: 'S' } } }])[0]).toMatch(/GAS-1.CO\): source is missing/)
})
test('an override of a rule that is not there is refused', () => {
  expect(problems([coLimit({ yellow: { ge: 24 } })], { overrides: [{ point: 'p', rule: 'GAS-1.C0', source: 'design' }] })).toEqual([
    'rules: override of GAS-1.C0 for p: there is no such rule; did you mean GAS-1.CO?',
  ])
})
test('an override must keep the order of the levels', () => {
  const overrides = [{ point: 'p', rule: 'GAS-1.CO', source: 'design', levels: { red: { ge: 10, source: 'design', confidence: 'D' } } }]
  expect(problems([coLimit({ yellow: { ge: 24 } })], { overrides })).toHaveLength(1)
})
test('an expression says where it is wrong', () => {
  expect(problems([combination({ all: [{ every: 'pumps', eq: 0 }] })])).toEqual([
    'rules: WAT-2: when.all[0].every: must be a role of the rule: pump',
    'rules: WAT-2: the role pump is not used in when',
  ])
  expect(problems([combination({ every: 'pump', is: 0 })])).toEqual(['rules: WAT-2: when: must compare with a number or { fact: name } by one of ge, gt, le, lt, eq, ne'])
  expect(problems([combination({ all: [], of: 3 })])).toEqual(['rules: WAT-2: when.all: must be a list of expressions', 'rules: WAT-2: the role pump is not used in when'])
  expect(problems([combination('pump off')])[0]).toBe('rules: WAT-2: when: an expression is an object such as { some: pump, eq: 0 }')
})
test('a rule whose roles are all optional would hold everywhere', () => {
  expect(problems([combination({ every: 'pump', eq: 0 }, { pump: { isOptional: true } })])).toEqual(['rules: WAT-2: every role is optional; one must be there for the rule to hold'])
})
