import { expect, test } from 'vitest'
import type { RulePoint } from './index.ts'
import { sample, Stage } from './test/stage.ts'

const cited = { source: 'test', confidence: 'D' }
const rule = (points: unknown, when: unknown, more: object = {}) => ({
  kind: 'combination',
  id: 'FAN-1',
  version: 1,
  title: { zh: '组合', en: 'combination' },
  by: 'subject',
  points,
  when,
  level: 'red',
  ...cited,
  ...more,
})
const point = (key: number, sensorType: string, facts: Record<string, string | number> = {}): RulePoint => ({ key, code: `p${key}`, sensorType, subject: 'mine', facts })

const FAN = rule(
  { fan: { sensorTypes: ['0203'] }, persons: { sensorTypes: ['0502'], isOptional: true } },
  {
    all: [
      { every: 'fan', eq: 0 },
      { sum: 'persons', gt: 0, ifUnknown: true },
    ],
  },
)
const FAN_POINTS = [point(1, '0203'), point(2, '0502'), point(3, '0502')]

test('the main fan off is red while persons are below, and over when the last has left', () => {
  const stage = new Stage([FAN], FAN_POINTS)
  expect(stage.feed(sample(1, 0, 1), sample(2, 0, 12), sample(3, 0, 0), sample(1, 10, 0))).toEqual(['raise red @10'])
  expect(stage.transitions[0]).toMatchObject({ subject: 'mine', ruleId: 'FAN-1' })
  expect(stage.feed(sample(2, 30, 0))).toEqual(['clear red @30'])
})

test('where nobody can say whether persons are below, they are taken to be there', () => {
  expect(new Stage([FAN], [point(1, '0203')]).feed(sample(1, 0, 0))).toEqual(['raise red @0'])
  expect(new Stage([FAN], FAN_POINTS).feed(sample(2, 0, Number.NaN, 2), sample(3, 0, 0), sample(1, 5, 0))).toEqual(['raise red @5'])
})

test('a fan whose state is not known raises nothing, and ends nothing', () => {
  const stage = new Stage([FAN], FAN_POINTS)
  expect(stage.feed(sample(2, 0, 12), sample(3, 0, 0), sample(1, 0, 0, 4))).toEqual([])
  expect(stage.feed(sample(1, 20, 0))).toEqual(['raise red @20'])
  expect(stage.feed(sample(1, 40, Number.NaN, 2))).toEqual(['value-unknown red @40'])
  expect(stage.feed(sample(1, 60, 1))).toEqual(['value-known red @60', 'clear red @60'])
})

test('a value that has not come for three periods is not known any more', () => {
  const stage = new Stage([FAN], FAN_POINTS)
  stage.feed(sample(1, 0, 0), sample(2, 0, 12), sample(3, 0, 0))
  expect(stage.pass(60)).toEqual([])
  expect(stage.pass(61)).toEqual(['value-unknown red @60'])
})

test('all pumps off and the sump high is red', () => {
  const stage = new Stage(
    [
      rule(
        { pump: { sensorTypes: ['0304'] }, level: { sensorTypes: ['0301'] } },
        {
          all: [
            { every: 'pump', eq: 0 },
            { some: 'level', ge: { fact: 'highLevelM' } },
          ],
        },
      ),
    ],
    [point(1, '0304'), point(2, '0304'), point(3, '0301', { highLevelM: 3.2 })],
  )
  expect(stage.feed(sample(1, 0, 0), sample(2, 0, 1), sample(3, 0, 3.2))).toEqual([])
  expect(stage.feed(sample(2, 10, 0))).toEqual(['raise red @10'])
})

test('at least two of three', () => {
  const stage = new Stage(
    [rule({ co: { sensorTypes: ['0101'] } }, { atLeast: 2, among: 'co', ge: 24 })],
    [1, 2, 3].map((key) => point(key, '0101')),
  )
  expect(stage.feed(sample(1, 0, 30), sample(2, 0, 10), sample(3, 0, Number.NaN, 4))).toEqual([])
  expect(stage.feed(sample(2, 20, 24))).toEqual(['raise red @20'])
})

test('both doors of a lock open for 60 s; doors of different locks are strangers', () => {
  const doors = rule({ door: { sensorTypes: ['0205'] } }, { atLeast: 2, among: 'door', eq: 1 }, { by: 'lock', onDelayS: 60, level: 'yellow' })
  const stage = new Stage([doors], [point(1, '0205', { lock: 'A' }), point(2, '0205', { lock: 'A' }), point(3, '0205', { lock: 'B' })])
  expect(stage.feed(sample(1, 0, 1), sample(3, 0, 1), sample(2, 10, 1))).toEqual([])
  expect(stage.pass(71)).toEqual(['raise yellow @70'])
  expect(stage.transitions[0]?.subject).toBe('mine/A')
})

test('a group without the points that the rule needs has no such alarm', () => {
  expect(new Stage([FAN], [point(2, '0502')]).feed(sample(2, 0, 5))).toEqual([])
})
