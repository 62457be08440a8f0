import { readFileSync, statSync } from 'node:fs'

/** The account under which PostgreSQL runs. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** The account of this process; PostgreSQL refuses to run under uid 0. */
export function ownAccount(): Account {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
}

/** What a child needs to run under an account: nothing when that is our own, since a hardened service may not even ask for it. */
export function identityOf(account: Account): Partial<Account> {
  const own = ownAccount()
  return account.uid === own.uid && account.gid === own.gid ? {} : account
}

/** An existing unprivileged account for when we are root: `postgres`, else `nobody`. Creates none. */
export function unprivilegedAccount(passwdFile = '/etc/passwd'): Account {
  const accounts = readAccounts(passwdFile)
  // 65534 is nobody wherever the file lacks it (minimal images); the kernel needs no name.
  return accounts.get('postgres') ?? accounts.get('nobody') ?? { uid: 65_534, gid: 65_534 }
}

/** Who owns a file or directory; undefined when it does not exist. */
export function ownerOf(path: string): Account | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat && { uid: stat.uid, gid: stat.gid }
}

function readAccounts(passwdFile: string): ReadonlyMap<string, Account> {
  const accounts = new Map<string, Account>()
  let text = ''
  try {
    text = readFileSync(passwdFile, 'utf8')
  } catch {
    return accounts
  }
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':')
    if (name !== undefined && Number(uid) > 0 && Number(gid) > 0) accounts.set(name, { uid: Number(uid), gid: Number(gid) })
  }
  return accounts
}
