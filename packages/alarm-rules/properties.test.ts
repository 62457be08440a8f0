/* What must hold for any samples: the defaults of the product on points of several classes, with anything that a line can do. */
import { columnsOf, type Sample } from '@orewatch/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AlarmEvaluator, defaultRuleSet, type RulePoint, type SavedEvaluator, type Transition } from './index.ts'
import { sample } from './test/stage.ts'

const RULES = defaultRuleSet()
const point = (key: number, sensorType: string, facts: Record<string, string | number> = {}): RulePoint => ({ key, code: `p${key}`, sensorType, subject: 'mine', facts })
const POINTS = [
  point(1, '0101'),
  point(2, '0101'),
  point(3, '0105'),
  point(4, '0203'),
  point(5, '0502', { approvedPersons: 20 }),
  point(6, '0205'),
  point(7, '0205'),
  point(8, '0901'),
  point(9, '0810', { damHeightM: 80 }),
]

const VALUES: Readonly<Record<number, fc.Arbitrary<number>>> = {
  1: fc.integer({ min: 0, max: 130 }),
  2: fc.integer({ min: 15, max: 30 }),
  3: fc.integer({ min: 170, max: 210 }).map((v) => v / 10),
  4: fc.integer({ min: 0, max: 1 }),
  5: fc.integer({ min: 0, max: 30 }),
  6: fc.integer({ min: 0, max: 1 }),
  7: fc.integer({ min: 0, max: 1 }),
  8: fc.integer({ min: 0, max: 200 }),
  9: fc.integer({ min: 40, max: 70 }).map((v) => v / 10),
}
const quality = fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.constantFrom(1, 2, 3, 4, 5, 6, 8, 9) })
const step = fc.integer({ min: 1, max: 9 }).chain((key) =>
  fc.record({
    key: fc.constant(key),
    value: fc.oneof({ weight: 9, arbitrary: VALUES[key] as fc.Arbitrary<number> }, { weight: 1, arbitrary: fc.constant(Number.NaN) }),
    q: quality,
    gapS: fc.oneof({ weight: 12, arbitrary: fc.integer({ min: 0, max: 4 }) }, { weight: 2, arbitrary: fc.constantFrom(20, 45, 61) }, { weight: 1, arbitrary: fc.constantFrom(200, 4000) }),
  }),
)
const stream = fc.array(step, { minLength: 1, maxLength: 250, size: 'max' }).map((steps) => {
  let seconds = 0
  return steps.map(({ key, value, q, gapS }) => {
    seconds += gapS
    return sample(key, seconds, value, q)
  })
})

const fresh = () => new AlarmEvaluator(RULES, POINTS, { sinceMs: 0 })

function run(samples: readonly Sample[], evaluator = fresh()): Transition[] {
  const out: Transition[] = []
  evaluator.evaluate(columnsOf(samples), out)
  return out
}

test('the same samples in any batches give the same transitions', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(20)), (samples, cuts) => {
      const evaluator = fresh()
      const out: Transition[] = []
      let from = 0
      for (const cut of cuts) {
        evaluator.evaluate(columnsOf(samples.slice(from, from + cut)), out)
        from += cut
      }
      evaluator.evaluate(columnsOf(samples.slice(from)), out)
      expect(out).toEqual(run(samples))
    }),
  )
})

test('samples that come again, at once or much later, change nothing', () => {
  fc.assert(
    fc.property(stream, fc.infiniteStream(fc.nat(4)), (samples, dice) => {
      const again = samples.flatMap((s, i) => (dice.next().value === 0 ? [s, ...samples.slice(Math.max(0, i - 5), i + 1)] : [s]))
      expect(run(again)).toEqual(run(samples))
    }),
  )
})

test('saving and restoring anywhere in the stream changes nothing', () => {
  fc.assert(
    fc.property(stream, fc.nat(160), (samples, at) => {
      const first = fresh()
      const out = run(samples.slice(0, at), first)
      const second = fresh()
      expect(second.restore(JSON.parse(JSON.stringify(first.save())) as SavedEvaluator)).toEqual([])
      expect([...out, ...run(samples.slice(at), second)]).toEqual(run(samples))
    }),
  )
})

test('telling the time between samples changes nothing but when it is said', () => {
  fc.assert(
    fc.property(stream, (samples) => {
      const evaluator = fresh()
      const out: Transition[] = []
      for (const s of samples) {
        evaluator.advance(s.timeMs, out)
        evaluator.evaluate(columnsOf([s]), out)
      }
      const end = (samples.at(-1) as Sample).timeMs + 1e9
      evaluator.advance(end, out)
      const untold = fresh()
      const expected = run(samples, untold)
      untold.advance(end, expected)
      expect(order(out)).toEqual(order(expected))
    }),
  )
})

test('no alarm on a value ends while its data are bad', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.constantFrom(1, 2, 4, 5, 8, 9), { minLength: 1, maxLength: 20 }), (samples, bad) => {
      const evaluator = fresh()
      run(samples, evaluator)
      const from = (samples.at(-1) as Sample).timeMs / 1000
      const out = run(
        bad.flatMap((q, i) => POINTS.map(({ key }) => sample(key, from + 20 * (i + 1), 0, q))),
        evaluator,
      )
      evaluator.advance((from + 1e6) * 1000, out)
      // Silence and faults are about the data themselves, and data have come; a combination asks several points.
      expect(out.filter((t) => (t.kind === 'clear' || t.kind === 'deescalate') && !t.ruleId.startsWith('NET-') && t.atMs > from * 1000).map((t) => t.ruleId)).toEqual([])
    }),
  )
})

test('an alarm is raised once, ends once, and tells no time before its start', () => {
  fc.assert(
    fc.property(stream, (samples) => {
      for (const [, life] of Map.groupBy(run(samples), (t) => t.alarmId)) {
        expect(life[0]?.kind).toBe('raise')
        expect(life.filter((t) => t.kind === 'raise')).toHaveLength(1)
        expect(life.slice(0, -1).some((t) => t.kind === 'clear')).toBe(false)
        expect(life.every((t) => t.atMs >= t.startMs && t.durationMs >= 0 && t.area >= 0 && JSON.stringify(t) !== '')).toBe(true)
        expect(life.map((t) => t.atMs)).toEqual(life.map((t) => t.atMs).toSorted((a, b) => a - b))
      }
    }),
  )
})

function order(transitions: readonly Transition[]): Transition[] {
  const keyOf = (t: Transition) => `${String(t.atMs).padStart(16, '0')} ${t.subject} ${t.ruleId}`
  return transitions
    .map((t, i) => ({ t, i }))
    .toSorted((a, b) => keyOf(a.t).localeCompare(keyOf(b.t)) || a.i - b.i)
    .map(({ t }) => t)
}
