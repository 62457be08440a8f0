import { describe, expect, test } from 'vitest'
import { type Action, ACTIONS, type Actor, can, type Role, roleConflict, ROLES } from './can.ts'

const COUNTY = { divisionCode: '990121' }
const MINE = { divisionCode: '990121', subjectCode: '990121100001' }

function person(role: Role, over: Partial<Actor> = {}): Actor {
  return { roles: [role], divisionPrefix: '', mustChangePassword: false, ...over }
}

function check(user: Actor, action: Action, place: Parameters<typeof can>[2], expected: 'yes' | 'role' | 'jurisdiction' | 'password-must-change') {
  const decision = can(user, action, place)
  expect(decision.allowed ? 'yes' : decision.reason).toBe(expected)
}

describe('jurisdiction', () => {
  const duty = (divisionPrefix: string): Actor => person('duty-officer', { divisionPrefix })
  test('a county sees itself', () => check(duty('990121'), 'point.read', MINE, 'yes'))
  test('a county does not see its neighbour', () => check(duty('990122'), 'point.read', MINE, 'jurisdiction'))
  test('a city sees its counties', () => check(duty('9901'), 'point.read', MINE, 'yes'))
  test('a province does not see another', () => check(duty('98'), 'point.read', MINE, 'jurisdiction'))
  test('the country sees all', () => check(duty(''), 'point.read', MINE, 'yes'))
  test('without a place it is about the own scope', () => check(duty('98'), 'overview.read', undefined, 'yes'))
})

describe('an enterprise', () => {
  const safety = person('enterprise-safety', { divisionPrefix: '990121', subjectCodes: ['990121100001'] })
  test('sees its own mine', () => check(safety, 'point.read', MINE, 'yes'))
  test('does not see the mine next to it', () => check(safety, 'point.read', { ...MINE, subjectCode: '990121100002' }, 'jurisdiction'))
  test('does not see what belongs to no subject', () => check(safety, 'quarantine.read', COUNTY, 'jurisdiction'))
  test('sees nothing with an empty list of subjects', () => check({ ...safety, subjectCodes: [] }, 'point.read', MINE, 'jurisdiction'))
  test('never adopts', () => check(safety, 'quarantine.adopt', MINE, 'role'))
})

describe('separation of the three administrators', () => {
  test('the system administrator adopts', () => check(person('system-administrator'), 'quarantine.adopt', COUNTY, 'yes'))
  test('the system administrator does not assign roles', () => check(person('system-administrator'), 'role.assign', undefined, 'role'))
  test('the system administrator does not read the audit log', () => check(person('system-administrator'), 'audit.read', undefined, 'role'))
  test('the security administrator does not read points', () => check(person('security-administrator'), 'point.read', MINE, 'role'))
  test('the audit administrator creates nobody', () => check(person('audit-administrator'), 'user.create', undefined, 'role'))
  test('nobody holds two of them', () => expect(roleConflict(['system-administrator', 'audit-administrator'])).toContain('三员分立'))
  test('nobody holds one of them and another role', () => expect(roleConflict(['duty-officer', 'security-administrator'])).toContain('security-administrator'))
  test('two other roles go together', () => expect(roleConflict(['duty-officer', 'read-only-leader'])).toBeUndefined())
  test('an account without a role is none', () => expect(roleConflict([])).toContain('needs a role'))
})

test('a leader reads, takes copies, and changes nothing', () => {
  const allowed = (Object.keys(ACTIONS) as Action[]).filter((action) => can(person('read-only-leader'), action).allowed)
  expect(allowed.filter((action) => !/\.(read|export)$/.test(action))).toEqual([])
})
test('whoever must change the password may do nothing else', () => check(person('system-administrator', { mustChangePassword: true }), 'openapi.read', undefined, 'password-must-change'))
test('no role at all may do nothing', () => {
  expect((Object.keys(ACTIONS) as Action[]).filter((action) => can({ roles: [], divisionPrefix: '', mustChangePassword: false }, action).allowed)).toEqual([])
})
test('every role may do something', () => {
  expect((Object.keys(ROLES) as Role[]).filter((role) => !can(person(role), 'openapi.read').allowed)).toEqual([])
})
