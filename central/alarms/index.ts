export {
  type Alarm,
  type AlarmAction,
  type AlarmCause,
  ALARM_CAUSES,
  type AlarmCheckpoints,
  type AlarmJournal,
  type AlarmLogEntry,
  type AlarmQuery,
  type PlacedTransition,
  type RuleWords,
  type Teller,
} from './alarms.ts'
export { type AlarmEngine, openAlarmEngine } from './engine.ts'
export { AlarmFacts, loadAlarmSetup } from './load.ts'
export { alarmStateOf } from './actions.ts'
export { openAlarmCheckpoints } from './checkpoints.ts'
export { journalErrors } from './errors.ts'
export type { LinkSource } from './link-watch.ts'
export { openAlarmJournal } from './journal.ts'
