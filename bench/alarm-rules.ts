/* Samples a second through the alarm rules on one core: 10 rules a point, values that mostly stay within their limits. */
import { type SampleColumns, SampleBuilder } from '@orewatch/core'
import { AlarmEvaluator, checkRuleSet, defaultRuleSet, type Rule, type RulePoint, type RuleSet, type Transition } from '@orewatch/alarm-rules'
import type { BenchOptions, BenchResult } from './bench.ts'

const POINTS = 3000
const ROUNDS_A_BATCH = 10
const PERIOD_MS = 20_000
const START_MS = 1_772_697_600_000

/** Prints samples per second for points with ten limits each and for points with the defaults of the product, and checks the alarms. */
export async function run({ report, quick }: BenchOptions): Promise<BenchResult> {
  const seconds = quick ? 0.3 : 5
  const limits = measure('ten limits a point', checkRuleSet({ version: 1, rules: tenLimits() }), seconds, report)
  const defaults = measure('defaults for CO', defaultRuleSet(), seconds, report)
  const rulesByDefault = new AlarmEvaluator(defaultRuleSet(), pointsOf(1), { sinceMs: START_MS }).resolutionOf(0)?.rules.length ?? 0
  return {
    ok: limits.isRight && defaults.isRight,
    points: POINTS,
    samplesPerSecond: limits.samplesPerSecond,
    nanosPerSample: limits.nanosPerSample,
    defaultRulesPerPoint: rulesByDefault,
    defaultSamplesPerSecond: defaults.samplesPerSecond,
    defaultNanosPerSample: defaults.nanosPerSample,
    transitions: limits.transitions + defaults.transitions,
  }
}

function tenLimits(): Rule[] {
  const cited = { source: 'benchmark', confidence: 'D' as const }
  return Array.from({ length: 10 }, (_, i) => ({
    kind: 'limit' as const,
    id: `BENCH-${i}`,
    version: 1,
    title: { zh: '基准', en: 'benchmark' },
    for: { sensorTypes: ['0101'] },
    levels: { yellow: { ge: 24 + i, ...cited }, orange: { ge: 48 + i, ...cited }, red: { ge: 100 + i, ...cited } },
  }))
}

function pointsOf(count: number): RulePoint[] {
  return Array.from({ length: count }, (_, key) => ({ key, code: `bench-${key}`, sensorType: '0101', subject: 'mine' }))
}

interface Measured {
  readonly samplesPerSecond: number
  readonly nanosPerSample: number
  readonly transitions: number
  readonly isRight: boolean
}

function measure(name: string, ruleSet: RuleSet, seconds: number, report: (line: string) => void): Measured {
  const evaluator = new AlarmEvaluator(ruleSet, pointsOf(POINTS), { sinceMs: START_MS })
  const batches = Array.from({ length: 8 }, (_, i) => quietBatch(i))
  const out: Transition[] = []
  let samples = 0
  let busyMs = 0
  for (let round = 0; busyMs < seconds * 1000; round++) {
    const batch = batches[round % batches.length] as SampleColumns
    moveTo(batch, START_MS + round * ROUNDS_A_BATCH * PERIOD_MS)
    const from = performance.now()
    evaluator.evaluate(batch, out)
    busyMs += performance.now() - from
    samples += batch.count
  }
  const isQuiet = out.length === 0 && evaluator.ignored === 0
  // And the rules were awake: one point above its limit is noticed.
  const high = new SampleBuilder()
  for (let i = 1; i <= 3; i++) high.push(7, Number.MAX_SAFE_INTEGER - 10 + i, 30)
  evaluator.evaluate(high, out)
  const nanosPerSample = Math.round((busyMs * 1e6) / samples)
  report(`${name}: ${Math.round(samples / busyMs) * 1000} samples/s, ${nanosPerSample} ns each`)
  return { samplesPerSecond: Math.round((samples / busyMs) * 1000), nanosPerSample, transitions: out.length, isRight: isQuiet && out.some((t) => t.subject === 'bench-7') }
}

// Gas that breathes below its limits and below any rate: no alarm may come of it.
function quietBatch(phase: number): SampleBuilder {
  const batch = new SampleBuilder(POINTS * ROUNDS_A_BATCH)
  for (let round = 0; round < ROUNDS_A_BATCH; round++) {
    for (let key = 0; key < POINTS; key++) batch.push(key, 0, 6 + 2 * Math.sin(key + phase * ROUNDS_A_BATCH + round))
  }
  return batch
}

function moveTo(batch: SampleColumns, startMs: number): void {
  for (let i = 0; i < batch.count; i++) batch.timeMs[i] = startMs + Math.floor(i / POINTS) * PERIOD_MS
}
