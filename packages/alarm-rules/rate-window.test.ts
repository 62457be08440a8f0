/* The window of a rate rule beside the plain way of computing it: for every sample, look at all samples of the window. */
import { columnsOf, type Sample } from '@orewatch/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AlarmEvaluator, checkRuleSet, type SavedEvaluator, type Transition } from './index.ts'
import { CO, sample } from './test/stage.ts'

const OVER_S = 600
const rules = (direction: string) =>
  checkRuleSet({
    version: 1,
    rules: [
      {
        kind: 'rate',
        id: 'GAS-2.CO',
        version: 1,
        title: { zh: '率', en: 'rate' },
        for: { sensorTypes: ['0101'] },
        overS: OVER_S,
        direction,
        minSamples: 1,
        hysteresis: { by: 0 },
        levels: { yellow: { gt: 5, source: 'test', confidence: 'D' } },
      },
    ],
  })

/** Times (s) at which a rule that raises and clears at once would change, by looking at everything. */
function changes(samples: readonly Sample[], direction: string): number[] {
  let isActive = false
  return samples.flatMap(({ timeMs, value }) => {
    const window = samples.filter((s) => s.timeMs <= timeMs && s.timeMs >= timeMs - OVER_S * 1000).map((s) => s.value)
    const rise = direction === 'fall' ? 0 : value - Math.min(...window)
    const fall = direction === 'rise' ? 0 : Math.max(...window) - value
    const isBeyond = Math.max(rise, fall) > 5
    const hasChanged = isBeyond !== isActive
    isActive = isBeyond
    return hasChanged ? [timeMs / 1000] : []
  })
}

test.each(['rise', 'fall', 'either'])('a %s is that of the whole window, however long, also after a restart', (direction) => {
  const series = fc.array(fc.record({ gapS: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 20 }) }, { weight: 1, arbitrary: fc.constant(900) }), step: fc.integer({ min: -2, max: 3 }) }), {
    minLength: 1,
    maxLength: 300,
    size: 'max',
  })
  fc.assert(
    fc.property(series, fc.nat(300), (steps, restartAt) => {
      let seconds = 0
      let value = 50
      const samples = steps.map(({ gapS, step }) => sample(1, (seconds += gapS), (value += step)))
      const out: Transition[] = []
      const first = new AlarmEvaluator(rules(direction), [CO], { sinceMs: 0 })
      first.evaluate(columnsOf(samples.slice(0, restartAt)), out)
      const second = new AlarmEvaluator(rules(direction), [CO], { sinceMs: 0 })
      second.restore(JSON.parse(JSON.stringify(first.save())) as SavedEvaluator)
      second.evaluate(columnsOf(samples.slice(restartAt)), out)
      expect(out.map((t) => t.atMs / 1000)).toEqual(changes(samples, direction))
    }),
  )
})

test('a day of rising samples is kept whole', () => {
  const out: Transition[] = []
  const evaluator = new AlarmEvaluator(
    checkRuleSet({
      version: 1,
      rules: [
        {
          kind: 'rate',
          id: 'SLP-1',
          version: 1,
          title: { zh: '日', en: 'day' },
          for: { sensorTypes: ['0101'] },
          overS: 86_400,
          direction: 'rise',
          minSamples: 1,
          levels: { yellow: { ge: 4.32, source: 'test', confidence: 'D' } },
        },
      ],
    }),
    [CO],
    { sinceMs: 0 },
  )
  evaluator.evaluate(columnsOf(Array.from({ length: 5000 }, (_, i) => sample(1, i * 20, i / 1000))), out)
  expect(out.map((t) => [t.kind, t.atMs / 20_000])).toEqual([['raise', 4320]])
})
