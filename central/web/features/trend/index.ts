/** The range that an address asks for: a preset, or from and to in UTC milliseconds. */
export interface TrendSearch {
  readonly span?: '1h' | '8h' | '24h' | '7d'
  readonly from?: number
  readonly to?: number
}

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
