import type { Action, Role } from './can.ts'

/** A person who is logged in, as the rest of central sees them. */
export interface User {
  readonly id: number
  readonly login: string
  readonly displayName: string
  readonly roles: readonly Role[]
  /** First 0, 2, 4 or 6 digits of the division codes that the person may see. */
  readonly divisionPrefix: string
  /** Subjects that the person is limited to (enterprises). */
  readonly subjectCodes?: readonly string[]
  readonly mustChangePassword: boolean
}

/** A new account. */
export interface NewUser {
  readonly login: string
  readonly displayName: string
  readonly password: string
  readonly roles: readonly Role[]
  readonly divisionPrefix: string
  readonly subjectCodes?: readonly string[]
  readonly mustChangePassword?: boolean
}

/** Accounts and passwords. */
export interface Users {
  /** Rejects with ACCESS_* when the login exists, the password is weak or the roles exclude each other. */
  create(user: NewUser): Promise<User>
  byLogin(login: string): Promise<User | undefined>
  list(page: { readonly after?: string; readonly limit: number }): Promise<{ readonly rows: readonly User[]; readonly next?: string }>
  /** Changes roles and scope; takes effect with the next request of the person. */
  setAccess(id: number, access: Pick<NewUser, 'roles' | 'divisionPrefix' | 'subjectCodes'>): Promise<User>
  /** Rejects with ACCESS_* when the old password is wrong or the new one weak or used before. Ends all sessions. */
  changePassword(id: number, oldPassword: string, newPassword: string): Promise<void>
  /** Gives the account a random password, told once, that must be changed at the next login. Ends all sessions. */
  resetPassword(id: number): Promise<string>
  /** Ends all sessions too. */
  disable(id: number): Promise<void>
  /** When there is no account yet: makes a system administrator and returns the password, once. Otherwise undefined. */
  createFirstAdministrator(): Promise<{ readonly login: string; readonly password: string } | undefined>
}

/** A session just begun; the token goes to the browser and is stored nowhere. */
export interface NewSession {
  readonly token: string
  readonly user: User
}

/** Logins and sessions. */
export interface Sessions {
  /** Checks the password and begins a session. Rejects with ACCESS_LOGIN_REFUSED or ACCESS_LOCKED. */
  login(login: string, password: string, address: string): Promise<NewSession>
  /** Whose session a token is; undefined when it is unknown, idle for too long, ended or its account disabled. */
  resolve(token: string): Promise<User | undefined>
  /** Ends a session. */
  logout(token: string): Promise<void>
  /** Ends all sessions of an account. */
  revokeAll(userId: number): Promise<void>
}

/** One line of the audit log. */
export interface AuditEntry {
  /** Absent where nobody is logged in. */
  readonly user?: Pick<User, 'id' | 'login'>
  readonly address: string
  readonly action: Action | 'login' | 'logout' | 'password.change' | 'retention.apply'
  /** What was acted upon: a point code, a group id, a login. */
  readonly object: string
  readonly result: 'ok' | 'refused' | 'failed'
  readonly detail?: Readonly<Record<string, unknown>>
}

/** A stored line of the audit log. */
export interface AuditRow {
  readonly id: number
  readonly timeMs: number
  readonly actor: string
  readonly address: string
  readonly action: string
  readonly object: string
  readonly result: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** The audit log: append and read, nothing else. */
export interface Audit {
  /** Resolves when durable. */
  append(entry: AuditEntry): Promise<void>
  list(query: { readonly before?: number; readonly limit: number }): Promise<{ readonly rows: readonly AuditRow[]; readonly next?: number }>
}
