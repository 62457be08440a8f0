import { parseExpression } from './expression.ts'
import { Ladder } from './ladder.ts'
import { rankOf } from './levels.ts'
import { factOf, type RulePoint, traitsOf } from './point.ts'
import { isFor } from './resolve.ts'
import { CombinationRun } from './runs/combination-run.ts'
import type { CombinationRule, RuleSet } from './schema.ts'
import type { Transition } from './transition.ts'

/** A combination for one group of points, and which of them fill which slot. */
export interface BoundCombination {
  readonly run: CombinationRun
  readonly members: readonly { readonly key: number; readonly slot: number }[]
}

/** Makes every combination of a rule set for every group that has points in all roles that must be filled. */
export function bindCombinations(ruleSet: RuleSet, points: readonly RulePoint[], emit: (transition: Transition) => void): BoundCombination[] {
  const subjects = [...Map.groupBy(points, (point) => traitsOf(point).subject)]
  return ruleSet.rules.flatMap((rule) => (rule.kind === 'combination' ? subjects.flatMap(([subject, members]) => bindSubject(rule, subject, members, emit)) : []))
}

// One combination per value of the fact. A point without the fact belongs to the whole mine, and so to every group of it.
function bindSubject(rule: CombinationRule, subject: string, points: readonly RulePoint[], emit: (transition: Transition) => void): BoundCombination[] {
  const groupOf = (point: RulePoint): string | number | undefined => (rule.by === 'subject' ? undefined : factOf(point, rule.by))
  const leading = points.filter((point) => Object.values(rule.points).some((selector) => selector.isOptional !== true && isFor(selector, point)))
  return [...new Set(leading.map(groupOf))].flatMap((group) => {
    const members = points.filter((point) => groupOf(point) === group || groupOf(point) === undefined)
    return bind(rule, group === undefined ? subject : `${subject}/${group}`, members, emit) ?? []
  })
}

function bind(rule: CombinationRule, group: string, points: readonly RulePoint[], emit: (transition: Transition) => void): BoundCombination | undefined {
  const roles = Object.entries(rule.points).map(([role, selector]) => ({ role, isOptional: selector.isOptional === true, members: points.filter((point) => isFor(selector, point)) }))
  if (roles.some(({ isOptional, members }) => !isOptional && members.length === 0)) return undefined
  const when = parseExpression(rule.when, 'when', Object.keys(rule.points), [])
  if (when === undefined) return undefined
  const rung = { rank: rankOf(rule.level), limit: 1, isInclusive: true, clear: 1, minSamples: 1, onDelayMs: (rule.onDelayS ?? 0) * 1000 }
  // Values of the ladder are truths, which hold until the next: the run itself says when an operand has grown too old.
  const ladder = new Ladder(
    { subject: group, ruleId: rule.id, ruleVersion: rule.version, isHigh: true, rungs: [rung], offDelayMs: (rule.offDelayS ?? 0) * 1000, holdMs: Number.POSITIVE_INFINITY },
    emit,
  )
  const run = new CombinationRun(ladder, when, Object.keys(rule.points))
  const filled = roles.flatMap(({ role, members }) => members.map((point) => ({ key: point.key, slot: run.join(role, point, traitsOf(point).holdMs) })))
  return { run, members: filled }
}
