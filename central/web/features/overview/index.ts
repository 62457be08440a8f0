/** The county overview. */
export const overviewRoute = { path: '/', load: () => import('./page.tsx') } as const
