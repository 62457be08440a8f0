import type { TrendSearch } from './search.ts'

/** The trend of one point. */
export const trendRoute = {
  path: '/points/$pointCode',
  load: () => import('./page.tsx'),
  readSearch: (search: Record<string, unknown>): TrendSearch => {
    const { span, from, to } = search
    if (typeof from === 'number' && typeof to === 'number' && from < to) return { from, to }
    return span === '8h' || span === '24h' || span === '7d' ? { span } : {}
  },
} as const
