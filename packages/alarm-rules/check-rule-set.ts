/* Whether parsed data is a rule set: shape, then what a schema cannot say. Every problem says where and what would be right. */
import { checkValue, nearest } from '@orewatch/config'
import { ConfigError } from '@orewatch/core'
import { type TSchema, Type } from 'typebox'
import { parseExpression } from './expression.ts'
import { LEVELS } from './levels.ts'
import { type CombinationRule, type LevelLimit, LimitTable, type LimitValue, Override, RULE_KINDS, type Rule, type RuleSet } from './schema.ts'

const OPERATORS = ['ge', 'gt', 'le', 'lt'] as const
// A longer window would keep too many samples of a point at 20 s in memory.
const MAX_WINDOW_S = 31 * 86_400

const Envelope = Type.Object(
  {
    version: Type.Integer({ description: 'Counts up with every change.', minimum: 1 }),
    rules: Type.Array(Type.Object({ kind: Type.Union(Object.keys(RULE_KINDS).map((kind) => Type.Literal(kind))) })),
    tables: Type.Optional(Type.Record(Type.String(), LimitTable)),
    overrides: Type.Optional(Type.Array(Override)),
  },
  { additionalProperties: false },
)

/** The rule set in parsed data; throws ConfigError with one problem per line, each beginning with `name` and the rule. */
export function checkRuleSet(raw: unknown, name = 'rules'): RuleSet {
  const envelope = checkValue(raw, Envelope, () => name)
  const problems: string[] = []
  const rules = envelope.rules.flatMap((rule, i) => checkRule(rule, `${name}: rules[${i}]`, problems) ?? [])
  const ruleSet: RuleSet = { ...envelope, rules }
  if (problems.length === 0) findFlaws(ruleSet, name, problems)
  if (problems.length > 0) throw new ConfigError(problems)
  return ruleSet
}

function checkRule(raw: unknown, place: string, problems: string[]): Rule | undefined {
  const { kind, id } = raw as { kind: keyof typeof RULE_KINDS; id?: unknown }
  try {
    const rule: unknown = checkValue(raw, RULE_KINDS[kind] as TSchema, () => (typeof id === 'string' ? `${place} (${id})` : place))
    return rule as Rule
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err
    problems.push(...err.problems)
    return undefined
  }
}

function findFlaws(ruleSet: RuleSet, name: string, problems: string[]): void {
  const ids = new Set<string>()
  for (const rule of ruleSet.rules) {
    const add = (message: string): void => void problems.push(`${name}: ${rule.id}: ${message}`)
    if (ids.has(rule.id)) add('the id is used twice; every rule has its own')
    ids.add(rule.id)
    if (rule.kind === 'combination') checkCombination(rule, add)
    else if ('levels' in rule) checkLevels(rule, rule.levels, ruleSet, add)
    if ('overS' in rule && rule.overS > MAX_WINDOW_S) add(`overS is ${rule.overS}; a window is at most 31 days, ${MAX_WINDOW_S} s`)
  }
  for (const [table, { rows, line }] of Object.entries(ruleSet.tables ?? {})) {
    if ((rows === undefined) === (line === undefined)) problems.push(`${name}: tables.${table}: has ${rows === undefined ? 'neither' : 'both'} rows and line; one of them`)
    if (line?.some(([x], i) => i > 0 && (x as number) <= (line[i - 1]?.[0] as number))) problems.push(`${name}: tables.${table}: the first numbers of line must ascend`)
  }
  for (const override of ruleSet.overrides ?? []) checkOverride(override, ruleSet, name, problems)
}

function checkOverride(override: Override, ruleSet: RuleSet, name: string, problems: string[]): void {
  const add = (message: string): void => void problems.push(`${name}: override of ${override.rule} for ${override.point}: ${message}`)
  const rule = ruleSet.rules.find(({ id }) => id === override.rule)
  if (rule === undefined) {
    const near = nearest(
      override.rule,
      ruleSet.rules.map(({ id }) => id),
    )
    add(`there is no such rule${near === undefined ? '' : `; did you mean ${near}?`}`)
  } else if (override.levels !== undefined) {
    if ('levels' in rule) checkLevels(rule, { ...rule.levels, ...override.levels }, ruleSet, add)
    else add(`a ${rule.kind} rule has no levels; isOff is all that can be said`)
  }
}

type Levelled = Extract<Rule, { levels: unknown }>
type Add = (message: string) => void

function checkLevels(rule: Levelled, levels: Levelled['levels'], ruleSet: RuleSet, add: Add): void {
  const given = LEVELS.flatMap((level) => (levels[level] === undefined ? [] : [{ level, limit: levels[level] }]))
  if (given.length === 0) add('levels is empty; give at least one of blue, yellow, orange, red')
  const allowed: readonly string[] = rule.kind === 'stale' ? ['afterS', 'periods'] : rule.kind === 'stuck' ? ['periods'] : rule.kind === 'limit' ? OPERATORS : ['ge', 'gt']
  for (const { level, limit } of given) {
    const used = [...OPERATORS, 'afterS', 'periods'].filter((key) => key in limit)
    if (used.length !== 1 || !allowed.includes(used[0] as string))
      add(`${level} has ${used.length === 0 ? 'no limit' : used.join(' and ')}; a ${rule.kind} rule takes exactly one of ${allowed.join(', ')}`)
    for (const operator of OPERATORS) checkReference(limit[operator], `${level}.${operator}`, ruleSet, add)
  }
  if (rule.kind === 'limit' && typeof rule.ratioTo === 'object') checkReference(rule.ratioTo, 'ratioTo', ruleSet, add)
  const isHigh = given.map(({ limit }) => limit.ge !== undefined || limit.gt !== undefined)
  if (rule.kind === 'limit' && new Set(isHigh).size > 1) add('levels mix upper (ge, gt) and lower limits (le, lt); make two rules')
  else checkOrder(given, isHigh[0] === true || rule.kind !== 'limit', rule.kind === 'limit' && rule.ratioTo !== undefined, add)
}

function checkOrder(given: readonly { readonly level: string; readonly limit: LevelLimit }[], isHigh: boolean, isRatio: boolean, add: Add): void {
  const sign = isHigh ? 1 : -1
  let last: { level: string; number: number } | undefined
  for (const { level, limit } of given) {
    const number = limit.ge ?? limit.gt ?? limit.le ?? limit.lt ?? limit.afterS ?? limit.periods
    if (typeof number !== 'number') continue
    if (last !== undefined && sign * (number - last.number) < 0) add(`${level} (${number}) would be reached before ${last.level} (${last.number}); every level lies beyond the one before`)
    if (!isRatio && limit.clear !== undefined && sign * (limit.clear - number) > 0) add(`${level}.clear is ${limit.clear}; it must lie ${isHigh ? 'at or below' : 'at or above'} the limit ${number}`)
    last = { level, number }
  }
}

function checkReference(value: LimitValue | undefined, place: string, ruleSet: RuleSet, add: Add): void {
  if (typeof value !== 'object') return
  if (value.fact === undefined && value.table === undefined) add(`${place} names neither a fact nor a table`)
  if (value.table === undefined || ruleSet.tables?.[value.table] !== undefined) return
  const known = Object.keys(ruleSet.tables ?? {})
  const near = nearest(value.table, known)
  add(`${place} names table ${value.table}, which is not in the rule set; ${near === undefined ? `it has ${known.join(', ') || 'none'}` : `did you mean ${near}?`}`)
}

function checkCombination(rule: CombinationRule, add: Add): void {
  const roles = Object.keys(rule.points)
  const problems: string[] = []
  parseExpression(rule.when, 'when', roles, problems)
  for (const problem of problems) add(problem)
  if (!roles.some((role) => rule.points[role]?.isOptional !== true)) add('every role is optional; one must be there for the rule to hold')
  const used = JSON.stringify(rule.when)
  for (const role of roles) if (!used.includes(`"${role}"`)) add(`the role ${role} is not used in when`)
}
