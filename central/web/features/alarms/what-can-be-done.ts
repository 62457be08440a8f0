import { mayDo } from '../../alarms/levels.ts'
import type { AlarmAction, AlarmItem } from '../../api/contract.ts'

/** Kinds of actions, in the order of their buttons. */
export const ACTION_KINDS = ['acknowledge', 'explain', 'shelve', 'unshelve', 'take-out-of-service', 'return-to-service'] as const satisfies readonly AlarmAction['kind'][]

/** What these roles may do to an alarm in its present state; central decides again. */
export function whatCanBeDone(alarm: AlarmItem, roles: readonly string[]): readonly AlarmAction['kind'][] {
  return ACTION_KINDS.filter((kind) => isAllowed(kind, roles) && makesSense(kind, alarm))
}

function isAllowed(kind: AlarmAction['kind'], roles: readonly string[]): boolean {
  return mayDo(roles, kind === 'acknowledge' || kind === 'explain' ? 'acknowledge' : 'silence')
}

function makesSense(kind: AlarmAction['kind'], alarm: AlarmItem): boolean {
  switch (kind) {
    case 'acknowledge':
      return !alarm.isAcknowledged
    case 'explain':
      return true
    case 'shelve':
      return !alarm.isHistorical && alarm.state !== 'normal' && alarm.shelvedUntilMs === undefined && alarm.state !== 'out-of-service'
    case 'unshelve':
      return alarm.shelvedUntilMs !== undefined
    case 'take-out-of-service':
      return !alarm.isHistorical && alarm.state !== 'normal' && alarm.state !== 'out-of-service'
    case 'return-to-service':
      return alarm.state === 'out-of-service'
  }
}
