import type { MineSummary } from '../../api/contract.ts'

/** How much is wrong at a mine, for sorting: gateways without link weigh most, then bad points, then stale ones. */
export function troubleOf(mine: MineSummary): number {
  const offline = mine.gateways.filter((gateway) => !gateway.isOnline).length
  return offline * 1_000_000 + mine.bad * 1_000 + mine.stale
}

/** Mines with the worst first; equals by name, so that rows do not dance. */
export function byTrouble(mines: readonly MineSummary[]): MineSummary[] {
  return mines.toSorted((a, b) => troubleOf(b) - troubleOf(a) || a.name.localeCompare(b.name, 'zh-CN') || a.subjectCode.localeCompare(b.subjectCode))
}

/** Where a mine stands at a glance. */
export type MineStanding = 'offline' | 'trouble' | 'good' | 'empty'

/** One word for a mine: no link, something wrong, all good, or nothing registered yet. */
export function standingOf(mine: MineSummary): MineStanding {
  if (mine.gateways.length === 0 && mine.points === 0) return 'empty'
  if (mine.gateways.length > 0 && mine.gateways.every((gateway) => !gateway.isOnline)) return 'offline'
  return troubleOf(mine) > 0 ? 'trouble' : 'good'
}
