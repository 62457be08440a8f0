/*
 * From a rule set to the limits of one point: which rules hold for it, with which numbers, and where each number comes from.
 * Nothing is dropped silently: a level whose fact or table row the point lacks is listed as missing.
 */
import { LEVELS, type Level, rankOf } from './levels.ts'
import type { Rung } from './ladder.ts'
import { factOf, type PointTraits, type RulePoint, traitsOf } from './point.ts'
import type { Confidence, LevelLimit, LevelLimits, LimitRule, LimitTable, LimitValue, PointRule, PointSelector, RuleSet } from './schema.ts'

/** One level of a rule for one point. */
export interface ResolvedLevel extends Rung {
  readonly level: Level
  readonly source: string
  readonly confidence: Confidence
  /** Where the number was found: rule, override, fact:…, table:…; several when the stricter was taken. */
  readonly via: readonly string[]
}

/** One rule for one point. */
export interface ResolvedRule {
  readonly rule: PointRule
  readonly isHigh: boolean
  /** Ascending; at least one. */
  readonly levels: readonly ResolvedLevel[]
  readonly offDelayMs: number
}

/** A level that cannot be judged because something is not known of the point. */
export interface MissingLimit {
  readonly ruleId: string
  readonly level: Level
  /** `fact approvedPersons`, `table wind-max by place`. */
  readonly needs: string
}

/** What holds for a point. */
export interface Resolution {
  readonly rules: readonly ResolvedRule[]
  readonly missing: readonly MissingLimit[]
  /** A higher level that would be reached before a lower one; the lower was moved to it. */
  readonly conflicts: readonly { readonly ruleId: string; readonly level: Level }[]
}

// ALG-1: an episode closes below limit × 0.917 where nothing else is given.
const CLEAR_RATIO = 0.917
// The domain gives none for lower limits, and a ratio would put the end of an O₂ alarm (20 %) above fresh air.
const CLEAR_RESOLUTIONS = 2
// ALG-1: two samples, one where the rule says so (gas, red).
const MIN_SAMPLES = 2

/** The rules that hold for a point, with their limits and the origin of every number. */
export function resolveRules(ruleSet: RuleSet, point: RulePoint): Resolution {
  const notes: Notes = { missing: [], conflicts: [] }
  const traits = traitsOf(point)
  const rules = ruleSet.rules.flatMap((rule) => {
    if (rule.kind === 'combination' || !isFor(rule.for, point)) return []
    const override = ruleSet.overrides?.find((o) => o.point === point.code && o.rule === rule.id)
    if (override?.isOff === true) return []
    return resolveRule(rule, { ruleSet, point, traits, notes, overridden: override?.levels ?? {} }) ?? []
  })
  return { rules, ...notes }
}

/** Whether a selector picks a point. */
export function isFor(selector: PointSelector, point: RulePoint): boolean {
  if (selector.sensorTypes !== undefined && !selector.sensorTypes.includes(point.sensorType)) return false
  if (selector.points !== undefined && !selector.points.includes(point.code)) return false
  return Object.entries(selector.where ?? {}).every(([name, values]) => {
    const fact = factOf(point, name)
    return fact !== undefined && values.some((value) => value === fact)
  })
}

interface Notes {
  readonly missing: MissingLimit[]
  readonly conflicts: { readonly ruleId: string; readonly level: Level }[]
}

interface Context {
  readonly ruleSet: RuleSet
  readonly point: RulePoint
  readonly traits: PointTraits
  readonly notes: Notes
  readonly overridden: LevelLimits
}

interface Found {
  readonly value: number
  readonly via: readonly string[]
}

function resolveRule(rule: PointRule, context: Context): ResolvedRule | undefined {
  if (rule.kind === 'spike' || rule.kind === 'sensor-fault') return single(rule, context.traits)
  const limits: LevelLimits = { ...rule.levels, ...context.overridden }
  const isHigh = LEVELS.every((level) => limits[level]?.le === undefined && limits[level]?.lt === undefined)
  const base = rule.kind === 'limit' ? baseOf(rule, limits, isHigh, context) : { value: 1, via: [] }
  if (base === undefined) return undefined
  const levels = LEVELS.flatMap((level) => {
    const limit = limits[level]
    return limit === undefined ? [] : (resolveLevel(rule, level, limit, base, isHigh, context) ?? [])
  })
  if (levels.length === 0) return undefined
  const offDelayMs = 'offDelayS' in rule && rule.offDelayS !== undefined ? rule.offDelayS * 1000 : 0
  return { rule, isHigh, levels: nest(levels, isHigh, rule.id, context.notes), offDelayMs }
}

// What the ratios of the rule are ratios to: 1 for a rule that has plain limits.
function baseOf(rule: LimitRule, limits: LevelLimits, isHigh: boolean, context: Context): Found | undefined {
  if (rule.ratioTo === undefined) return { value: 1, via: [] }
  const base = valueOf(typeof rule.ratioTo === 'string' ? { fact: rule.ratioTo } : rule.ratioTo, isHigh, context)
  if (typeof base !== 'string') return base
  for (const level of LEVELS) {
    if (limits[level] !== undefined) context.notes.missing.push({ ruleId: rule.id, level, needs: base })
  }
  return undefined
}

function resolveLevel(rule: PointRule, level: Level, given: LevelLimit, base: Found, isHigh: boolean, context: Context): ResolvedLevel | undefined {
  const { traits, notes } = context
  const found = foundLimit(rule, given, isHigh, context)
  if (found === undefined) return undefined
  if (typeof found === 'string') {
    notes.missing.push({ ruleId: rule.id, level, needs: found })
    return undefined
  }
  const limit = exact(found.value * base.value)
  const isOverride = context.overridden[level] !== undefined
  const defaults = 'minSamples' in rule ? rule : {}
  const onDelayS = given.onDelayS ?? ('onDelayS' in rule ? rule.onDelayS : undefined) ?? 0
  return {
    level,
    rank: rankOf(level),
    limit,
    isInclusive: given.ge !== undefined || given.le !== undefined || rule.kind === 'stale' || rule.kind === 'stuck',
    clear: clearOf(rule, given, limit, isHigh, traits),
    // A point that reports on change may never say the same thing twice.
    minSamples: traits.periodMs === 0 || rule.kind === 'stuck' ? 1 : (given.minSamples ?? (defaults as { minSamples?: number }).minSamples ?? MIN_SAMPLES),
    onDelayMs: onDelayS * 1000,
    source: given.source,
    confidence: given.confidence,
    via: [isOverride ? 'override' : 'rule', ...base.via, ...found.via],
  }
}

// Undefined where the level means nothing for the point (periods of a point that has none), a sentence where a fact is missing.
function foundLimit(rule: PointRule, given: LevelLimit, isHigh: boolean, context: Context): Found | string | undefined {
  const { periodMs } = context.traits
  if (given.afterS !== undefined) return { value: given.afterS, via: [] }
  if (given.periods !== undefined) return periodMs === 0 ? undefined : { value: rule.kind === 'stale' ? (given.periods * periodMs) / 1000 : given.periods, via: ['period'] }
  const value = given.ge ?? given.gt ?? given.le ?? given.lt
  return value === undefined ? undefined : valueOf(value, isHigh, context)
}

function valueOf(value: LimitValue, isHigh: boolean, context: Context): Found | string {
  if (typeof value === 'number') return { value, via: [] }
  const found: { value: number; via: string }[] = []
  const lacks: string[] = []
  if (value.fact !== undefined) {
    const fact = factOf(context.point, value.fact)
    if (typeof fact === 'number' && Number.isFinite(fact)) found.push({ value: fact, via: `fact:${value.fact}` })
    else lacks.push(`fact ${value.fact}`)
  }
  if (value.table !== undefined) {
    const table = context.ruleSet.tables?.[value.table]
    const number = table && lookUp(table, factOf(context.point, table.by))
    if (number !== undefined) found.push({ value: number, via: `table:${value.table}` })
    else lacks.push(`table ${value.table} by ${table?.by ?? 'nothing, it is not in the rule set'}`)
  }
  if (found.length === 0) return lacks.join(' or ')
  // T-06: the design's own value counts where it is stricter, and only there.
  const stricter = found.reduce((a, b) => ((isHigh ? b.value < a.value : b.value > a.value) ? b : a))
  return { value: exact(stricter.value * (value.times ?? 1) + (value.plus ?? 0)), via: [stricter.via] }
}

/** The number of a table for a fact: its row, or linear between the pairs of its line and constant outside. */
export function lookUp(table: LimitTable, fact: string | number | undefined): number | undefined {
  if (fact === undefined) return undefined
  if (table.rows !== undefined) return table.rows[String(fact)]
  if (typeof fact !== 'number' || Number.isNaN(fact)) return undefined
  const line = table.line ?? []
  const after = line.findIndex(([x]) => (x as number) >= fact)
  if (after === -1) return line.at(-1)?.[1]
  const [x2, y2] = line[after] as [number, number]
  if (after === 0) return y2
  const [x1, y1] = line[after - 1] as [number, number]
  return exact(y1 + ((fact - x1) / (x2 - x1)) * (y2 - y1))
}

function clearOf(rule: PointRule, given: LevelLimit, limit: number, isHigh: boolean, traits: PointTraits): number {
  if (rule.kind === 'stale' || rule.kind === 'stuck') return limit
  if (given.clear !== undefined) return isHigh ? Math.min(given.clear, limit) : Math.max(given.clear, limit)
  const hysteresis = 'hysteresis' in rule ? rule.hysteresis : undefined
  const back =
    hysteresis === undefined ? (isHigh ? byRatio(limit, CLEAR_RATIO, isHigh) : CLEAR_RESOLUTIONS * traits.resolution) : 'by' in hysteresis ? hysteresis.by : byRatio(limit, hysteresis.ratio, isHigh)
  return exact(isHigh ? limit - back : limit + back)
}

function byRatio(limit: number, ratio: number, isHigh: boolean): number {
  return Math.abs(limit) * (isHigh ? 1 - ratio : 1 / ratio - 1)
}

// The ladder needs every level inside the next. Where the numbers of a point say otherwise, the higher level is right.
function nest(levels: ResolvedLevel[], isHigh: boolean, ruleId: string, notes: Notes): ResolvedLevel[] {
  for (let i = levels.length - 2; i >= 0; i--) {
    const lower = levels[i] as ResolvedLevel
    const higher = levels[i + 1] as ResolvedLevel
    const isBeyond = isHigh ? lower.limit > higher.limit : lower.limit < higher.limit
    if (isBeyond) notes.conflicts.push({ ruleId, level: lower.level })
    if (isBeyond || lower.limit === higher.limit) {
      const clear = isHigh ? Math.min(lower.clear, higher.clear) : Math.max(lower.clear, higher.clear)
      levels[i] = { ...lower, limit: higher.limit, isInclusive: lower.isInclusive || higher.isInclusive, clear }
    }
  }
  return levels
}

function single(rule: Extract<PointRule, { kind: 'spike' | 'sensor-fault' }>, traits: PointTraits): ResolvedRule {
  const isSpike = rule.kind === 'spike'
  const limit = isSpike ? rule.stepResolutions * traits.resolution : 1
  const minSamples = isSpike || traits.periodMs === 0 ? 1 : (rule.minSamples ?? MIN_SAMPLES)
  const { level, source, confidence } = rule
  return { rule, isHigh: true, offDelayMs: 0, levels: [{ level, rank: rankOf(level), limit, isInclusive: true, clear: limit, minSamples, onDelayMs: 0, source, confidence, via: ['rule'] }] }
}

// Binary fractions: 1.1 × 70 is 77.00000000000001, and 77 persons would not be more than 110 % of 70.
function exact(value: number): number {
  return Number(value.toPrecision(12))
}
