/** The live board of one mine. */
export const mineBoardRoute = { path: '/mines/$subjectCode', load: () => import('./page.tsx') } as const
