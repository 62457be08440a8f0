export type { Audit, AuditEntry, AuditRow, NewSession, NewUser, Sessions, User, Users } from './access.ts'
export { type Action, ACTIONS, type Actor, can, type Decision, type Jurisdiction, type Role, roleConflict, ROLES } from './can.ts'
