/** The range that an address asks for: a preset, or from and to in UTC milliseconds. */
export interface TrendSearch {
  readonly span?: '1h' | '8h' | '24h' | '7d'
  readonly from?: number
  readonly to?: number
}
