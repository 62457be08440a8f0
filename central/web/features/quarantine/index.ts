/** What was refused, and how to take it in. */
export const quarantineRoute = { path: '/quarantine', load: () => import('./page.tsx') } as const
