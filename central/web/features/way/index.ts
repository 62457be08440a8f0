/** The way of a reading: where has my value stopped? */
export const wayRoute = { path: '/points/$pointCode/way', load: () => import('./page.tsx') } as const
