export { type AlarmIdentity, alarmId } from './alarm-id.ts'
export { checkRuleSet } from './check-rule-set.ts'
export { defaultRuleSet } from './defaults.ts'
export { AlarmEvaluator, type EvaluatorOptions, type OrphanedAlarm, type SavedEvaluator } from './engine.ts'
export { alarmErrors } from './errors.ts'
export { findFailingLinks, type Link, type LinkFailure } from './failing-link.ts'
export { beachAtFlood, freeboardAtFlood, freeboardMargin, type PondLevels } from './freeboard.ts'
export { completeness, completenessLevel, expectedSamples, healthIndex, type MonitoringShares } from './health-index.ts'
export { AlarmKpis, type Contribution, type Flood, KPI_DEFAULTS, type KpiLimits } from './kpis.ts'
export { LEVEL_NAMES, LEVELS, type Level, levelOf, rankOf } from './levels.ts'
export { type Episode, MERGE_WITHIN_MS, mergeEpisodes } from './merge.ts'
export type { RulePoint } from './point.ts'
export { aggregateLevels, itemLevel, pondLevel } from './pond-level.ts'
export { antecedentIndex, combinedRainLevel, type PondBeforeRain, rainGrade } from './rain-index.ts'
export {
  type Act,
  act,
  ALARM_STATES,
  type AlarmAction,
  type AlarmEntry,
  type AlarmRecord,
  type AlarmState,
  applyTransition,
  expire,
  isAnnunciated,
  isClosed,
  MAX_SHELVE_MS,
  openAlarm,
  stateOf,
} from './record.ts'
export { lookUp, type MissingLimit, type Resolution, type ResolvedLevel, type ResolvedRule, resolveRules } from './resolve.ts'
export type { Listening } from './runs/stale-run.ts'
export { type Confidence, type LevelLimit, type LimitTable, type LimitValue, type Override, type Rule, RuleSet } from './schema.ts'
export type { Transition, TransitionKind } from './transition.ts'
export { parseTransition, TRANSITION_SCHEMA } from './transition-record.ts'
