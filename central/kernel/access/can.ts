/*
 * The one place where it is decided who may do what where. Pure: a table of actions and one function.
 * Later work adds rows to the table and attributes to the jurisdiction, not a second function.
 */

/** Roles; the three administrators exclude each other and every other role (三员分立). */
export const ROLES = {
  'system-administrator': { zh: '系统管理员', en: 'system administrator' },
  'security-administrator': { zh: '安全管理员', en: 'security administrator' },
  'audit-administrator': { zh: '审计管理员', en: 'audit administrator' },
  'duty-officer': { zh: '值班员', en: 'duty officer' },
  'read-only-leader': { zh: '只读领导', en: 'leader, read only' },
  'enterprise-safety': { zh: '企业安全管理人员', en: 'enterprise safety officer' },
} as const

/** One of the roles. */
export type Role = keyof typeof ROLES

const OPERATIONS: readonly Role[] = ['system-administrator', 'duty-officer', 'read-only-leader', 'enterprise-safety']
const EVERYBODY = Object.keys(ROLES) as readonly Role[]

/** Who may do what; where is decided by jurisdiction. */
export const ACTIONS = {
  'openapi.read': EVERYBODY,
  'overview.read': OPERATIONS,
  'mine.read': OPERATIONS,
  'point.read': OPERATIONS,
  'point.export': OPERATIONS,
  'record.read': OPERATIONS,
  'status.read': OPERATIONS,
  'alarm.read': OPERATIONS,
  'alarm.acknowledge': ['duty-officer', 'enterprise-safety'],
  // Who silences an alarm takes it away from everybody, so that is the authority's alone.
  'alarm.silence': ['duty-officer'],
  'quarantine.read': OPERATIONS,
  'quarantine.adopt': ['system-administrator'],
  'gateway.register': ['system-administrator'],
  'user.read': ['system-administrator', 'security-administrator'],
  'user.create': ['system-administrator'],
  'user.disable': ['system-administrator', 'security-administrator'],
  'role.assign': ['security-administrator'],
  'security-event.read': ['security-administrator', 'audit-administrator'],
  'audit.read': ['audit-administrator'],
} as const satisfies Record<string, readonly Role[]>

/** One of the actions. */
export type Action = keyof typeof ACTIONS

/** Where something is: the division, and the subject when it belongs to one. */
export interface Jurisdiction {
  readonly divisionCode: string
  readonly subjectCode?: string
}

/** Who asks. */
export interface Actor {
  readonly roles: readonly Role[]
  readonly divisionPrefix: string
  readonly subjectCodes?: readonly string[]
  readonly mustChangePassword: boolean
}

/** Whether, and if not, why not. */
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason: 'role' | 'jurisdiction' | 'password-must-change' }

/**
 * Whether somebody may do something there. Without a jurisdiction the question is about their own scope as a whole
 * (a list that is then filtered by it). Something of no subject is nobody's who is limited to subjects.
 */
export function can(user: Actor, action: Action, jurisdiction?: Jurisdiction): Decision {
  if (user.mustChangePassword) return { allowed: false, reason: 'password-must-change' }
  const allowed: readonly Role[] = ACTIONS[action]
  if (!user.roles.some((role) => allowed.includes(role))) return { allowed: false, reason: 'role' }
  if (jurisdiction === undefined || isWithin(user, jurisdiction)) return { allowed: true }
  return { allowed: false, reason: 'jurisdiction' }
}

/** Why a set of roles cannot be held by one person, or undefined when it can. */
export function roleConflict(roles: readonly Role[]): string | undefined {
  if (roles.length === 0) return 'an account needs a role'
  if (new Set(roles).size !== roles.length) return 'a role is named twice'
  const administrator = roles.find((role) => role.endsWith('-administrator'))
  if (administrator !== undefined && roles.length > 1) return `${administrator} excludes every other role (三员分立)`
  return undefined
}

// V-SCOPE of the domain model: a prefix of 2, 4 or 6 digits; division codes are compared as they were at enrolment.
function isWithin(user: Actor, place: Jurisdiction): boolean {
  if (!place.divisionCode.startsWith(user.divisionPrefix)) return false
  if (user.subjectCodes === undefined) return true
  return place.subjectCode !== undefined && user.subjectCodes.includes(place.subjectCode)
}
