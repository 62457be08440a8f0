import { expect, test } from 'vitest'
import { identityOf, ownAccount } from './account.ts'

// Under systemd with SystemCallFilter=~@privileged even setuid to one's own account is refused, and PostgreSQL did not start.
test('a child of our own account asks for no change of account', () => {
  expect(identityOf(ownAccount())).toEqual({})
})

test('a child of another account asks for that one', () => {
  const other = { uid: ownAccount().uid + 1, gid: ownAccount().gid }
  expect(identityOf(other)).toEqual(other)
})
