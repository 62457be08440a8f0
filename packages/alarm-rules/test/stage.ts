import { columnsOf, type Sample } from '@orewatch/core'
import { AlarmEvaluator, checkRuleSet, type Listening, type Rule, type RulePoint, type Transition } from '../index.ts'

/** A CO point that reports every 20 s. */
export const CO: RulePoint = { key: 1, code: '9901211000010101010001', sensorType: '0101' }

/** A sample of a point, good unless said otherwise. */
export function sample(key: number, seconds: number, value: number, quality = 0, flags = 0): Sample {
  return { key, timeMs: seconds * 1000, value, quality, reason: 0, flags, gatewayDeltaMs: 0 }
}

/** An evaluator of these rules, with words for tests: times are seconds. */
export class Stage {
  readonly evaluator: AlarmEvaluator
  readonly transitions: Transition[] = []

  constructor(rules: readonly unknown[], points: readonly RulePoint[] = [CO], more: Readonly<Record<string, unknown>> = {}, mode: 'live' | 'history' = 'live', listening?: Listening) {
    this.evaluator = new AlarmEvaluator(checkRuleSet({ version: 1, rules: structuredClone(rules) as Rule[], ...more }), points, { sinceMs: 0, mode, ...(listening !== undefined && { listening }) })
  }

  /** Feeds samples; gives what followed from them, as `kind level @seconds`. */
  feed(...samples: readonly Sample[]): string[] {
    return this.#said((out) => {
      this.evaluator.evaluate(columnsOf(samples), out)
    })
  }

  /** Feeds values of the first point, `periodS` apart from `fromS` on. */
  values(values: readonly number[], fromS = 0, periodS = 20): string[] {
    return this.feed(...values.map((value, i) => sample(1, fromS + i * periodS, value)))
  }

  /** Lets event time pass. */
  pass(seconds: number): string[] {
    return this.#said((out) => {
      this.evaluator.advance(seconds * 1000, out)
    })
  }

  #said(act: (out: Transition[]) => void): string[] {
    const out: Transition[] = []
    act(out)
    this.transitions.push(...out)
    return out.map(({ kind, level, atMs }) => `${kind} ${level} @${atMs / 1000}`)
  }
}

/** A limit rule for CO with these levels. */
export function coLimit(levels: Readonly<Record<string, Readonly<Record<string, unknown>>>>, more: Readonly<Record<string, unknown>> = {}): unknown {
  const sourced = Object.fromEntries(Object.entries(levels).map(([level, limit]) => [level, { source: 'test', confidence: 'D', ...limit }]))
  return { kind: 'limit', id: 'GAS-1.CO', version: 1, title: { zh: '一氧化碳', en: 'CO' }, for: { sensorTypes: ['0101'] }, levels: sourced, ...more }
}
