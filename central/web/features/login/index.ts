/** Why one came to the login and where one wanted to go. */
export interface LoginSearch {
  readonly expired?: boolean
  /** The password was changed just now. */
  readonly changed?: boolean
  readonly to?: string
}

/** The login. */
export const loginRoute = {
  path: '/login',
  load: () => import('./page.tsx'),
  readSearch: (search: Record<string, unknown>): LoginSearch => ({
    ...(search['expired'] === true ? { expired: true } : {}),
    ...(search['changed'] === true ? { changed: true } : {}),
    // Only a path of our own: an address of another site must never be followed after a login.
    ...(typeof search['to'] === 'string' && /^\/(?![/\\])/.test(search['to']) ? { to: search['to'] } : {}),
  }),
} as const

/** The change of one's own password; forced at the first login. */
export const passwordRoute = { path: '/password', load: () => import('./password-page.tsx') } as const
