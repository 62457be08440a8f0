import { SENSOR_TYPES } from '@orewatch/core'
import { expect, test } from 'vitest'
import { defaultRuleSet, resolveRules, type RulePoint } from './index.ts'
import { sample, Stage } from './test/stage.ts'

const RULES = defaultRuleSet()
const stageOf = (...points: RulePoint[]) => new Stage(RULES.rules, points, { tables: RULES.tables })
const point = (sensorType: string, facts: Record<string, string | number> = {}, more: Partial<RulePoint> = {}): RulePoint => ({ key: 1, code: 'p1', sensorType, subject: 'mine', facts, ...more })

/** The level at which two samples of a value put the alarm of a rule, none when it is not raised. */
function level(of: RulePoint, ruleId: string, value: number): string {
  const stage = stageOf(of)
  stage.values([value, value, value])
  return stage.transitions.findLast((t) => t.ruleId === ruleId)?.level ?? 'none'
}

/** Limits of a rule for a point by level. */
function limits(of: RulePoint, ruleId: string): Record<string, number> {
  const rule = resolveRules(RULES, of).rules.find((r) => r.rule.id === ruleId)
  return Object.fromEntries((rule?.levels ?? []).map((l) => [l.level, l.limit]))
}

test.each([
  ['0101', 'GAS-1.CO', 24, 48, 100],
  ['0102', 'GAS-1.NO2', 2.5, 5, 10],
  ['0104', 'GAS-1.H2S', 6.6, 10, 20],
  ['0106', 'GAS-1.CO2', 0.5, 1, 1.5],
  ['0107', 'GAS-1.CH4', 0.5, 1, 1.5],
])('T-20: limits of %s', (sensorType, id, yellow, orange, red) => {
  expect(limits(point(sensorType), id)).toEqual({ yellow, orange, red })
})

test('T-20: oxygen of exactly 20 % is no alarm, less is', () => {
  expect([20, 19.9, 19.5, 19.4, 18, 17.9].map((v) => level(point('0105'), 'GAS-1.O2', v))).toEqual(['none', 'yellow', 'yellow', 'orange', 'orange', 'red'])
})

test('an oxygen alarm can end in fresh air of 20.9 %', () => {
  const stage = stageOf(point('0105'))
  stage.values([19, 19, 20.9])
  expect(stage.transitions.at(-1)).toMatchObject({ kind: 'clear', ruleId: 'GAS-1.O2' })
})

test('A7, ALG-9: 87 of 86 approved is yellow, 95 orange, 112 red; 86 is none', () => {
  const hall = point('0502', { approvedPersons: 86 })
  expect([86, 87, 94, 95, 111, 112].map((n) => level(hall, 'PER-1', n))).toEqual(['none', 'yellow', 'yellow', 'orange', 'orange', 'red'])
})

test('110 % of 70 is exactly 77, so 77 persons are not more', () => {
  expect(limits(point('0502', { approvedPersons: 70 }), 'PER-1')).toEqual({ yellow: 70, orange: 77, red: 91 })
})

test('A3, T-06: upstream pond of level 3 with a beach of 68 m is red, 78 orange, 90 none', () => {
  const beach = point('0803', { damLevel: 3, construction: 'upstream' })
  expect([68, 70, 78, 83.9, 84, 90].map((m) => level(beach, 'TSF-3.beach-upstream', m))).toEqual(['red', 'orange', 'orange', 'orange', 'none', 'none'])
})

test.each([
  [1, 150, 100],
  [2, 100, 70],
  [3, 70, 50],
  [4, 50, 35],
  [5, 40, 25],
])('T-06: least beach of dam level %d', (damLevel, upstream, downstream) => {
  expect(limits(point('0803', { damLevel, construction: 'upstream' }), 'TSF-3.beach-upstream')['red']).toBe(upstream)
  expect(limits(point('0803', { damLevel, construction: 'downstream' }), 'TSF-3.beach-downstream')['red']).toBe(downstream)
})

test('T-06: the value of the design counts where it is stricter, and only there', () => {
  const beach = (designBeachM: number) => limits(point('0803', { damLevel: 3, construction: 'upstream', designBeachM }), 'TSF-3.beach-upstream')
  expect(beach(90)).toEqual({ orange: 108, red: 90 })
  expect(beach(50)).toEqual({ orange: 84, red: 70 })
})

test.each([
  [20, 2],
  [30, 2],
  [45, 3],
  [80, 5],
  [120, 6.8],
  [150, 8],
  [180, 9.2],
  [250, 10],
])('T-09: control depth of a dam of %d m is %d m', (damHeightM, depth) => {
  expect(limits(point('0810', { damHeightM }), 'TSF-2')['red']).toBe(depth)
})

test('A4, ALG-7: at a control depth of 5.0 m 5.2 m is orange, 4.9 and 5.0 red, 5.5 yellow, 6.0 blue, 6.5 none', () => {
  const phreatic = point('0810', { damHeightM: 80 })
  expect([5.2, 4.9, 5, 5.5, 6, 6.5].map((m) => level(phreatic, 'TSF-2', m))).toEqual(['orange', 'red', 'red', 'yellow', 'blue', 'none'])
})

test('T-14: the limit of the wind speed is that of the place', () => {
  expect(limits(point('0201', { place: 'stope' }), 'WIND-1.max')).toEqual({ yellow: 4 })
  expect(limits(point('0201', { place: 'haulage' }), 'WIND-1.max')).toEqual({ yellow: 6 })
  expect(limits(point('0201', { place: 'heading' }), 'WIND-1.min')).toEqual({ yellow: 0.25 })
})

test('T-17: 2 mm/d for three days is blue', () => {
  const stage = stageOf(point('0701', {}, { periodMs: 3_600_000 }))
  stage.feed(...Array.from({ length: 24 * 4 }, (_, h) => sample(1, h * 3600, h / 12)))
  expect(stage.transitions.find((t) => t.ruleId === 'SLP-1.day')).toMatchObject({ kind: 'raise', level: 'blue', atMs: 72 * 3_600_000 })
})

test('T-17: 5 mm/h is red after two hours', () => {
  const stage = stageOf(point('0708'))
  stage.feed(...Array.from({ length: 20 }, (_, i) => sample(1, i * 600, 5 + i / 100)))
  expect(stage.transitions.find((t) => t.ruleId === 'SLP-1.hour')).toMatchObject({ level: 'red', startMs: 0, atMs: 7_200_000 })
})

test('a limit whose fact is not known is listed, not forgotten', () => {
  const { rules, missing } = resolveRules(RULES, point('0502'))
  expect(rules.map((r) => r.rule.id)).not.toContain('PER-1')
  expect(missing).toContainEqual({ ruleId: 'PER-1', level: 'red', needs: 'fact approvedPersons' })
  expect(resolveRules(RULES, point('0201')).missing).toContainEqual({ ruleId: 'WIND-1.max', level: 'yellow', needs: 'table wind-max by place' })
})

test('every limit tells where it comes from', () => {
  const rule = resolveRules(RULES, point('0810', { controlDepthM: 6, damHeightM: 80 })).rules.find((r) => r.rule.id === 'TSF-2')
  expect(rule?.levels.at(-1)).toMatchObject({ level: 'red', limit: 6, via: ['rule', 'fact:controlDepthM'], confidence: 'S', source: 'GB 51108: the control depth' })
})

test('every class named by a default is one of T-20, and every gas has a limit', () => {
  const named = RULES.rules.flatMap((rule) => (rule.kind === 'combination' ? Object.values(rule.points).flatMap((p) => p.sensorTypes ?? []) : (rule.for.sensorTypes ?? [])))
  expect(named.filter((code) => SENSOR_TYPES[code] === undefined)).toEqual([])
  for (const gas of ['0101', '0102', '0103', '0104', '0105', '0106', '0107', '0108']) expect(resolveRules(RULES, point(gas)).rules.some((r) => r.rule.kind === 'limit')).toBe(true)
})

test('only numbers that a regulation gives are called statutory', () => {
  const statutory = RULES.rules.flatMap((rule) =>
    'levels' in rule
      ? Object.values(rule.levels)
          .filter((l) => l.confidence === 'S')
          .map((l) => l.source)
      : [],
  )
  expect(statutory.filter((source) => !/KA23-60|GB 16423|GB 50863|GB 51108|CMA|GB 28592/.test(source))).toEqual([])
})
