/** The four warning levels, lowest first: 蓝, 黄, 橙, 红. */
export const LEVELS = ['blue', 'yellow', 'orange', 'red'] as const

/** A warning level by its colour. */
export type Level = (typeof LEVELS)[number]

/** Chinese and English names of the levels. */
export const LEVEL_NAMES: Readonly<Record<Level, { readonly zh: string; readonly en: string }>> = {
  blue: { zh: '蓝', en: 'blue' },
  yellow: { zh: '黄', en: 'yellow' },
  orange: { zh: '橙', en: 'orange' },
  red: { zh: '红', en: 'red' },
}

/** Rank of a level: blue 1 … red 4; 0 is no alarm. */
export function rankOf(level: Level | undefined): number {
  return level === undefined ? 0 : LEVELS.indexOf(level) + 1
}

/** The level of a rank, or undefined for 0. */
export function levelOf(rank: number): Level | undefined {
  return LEVELS[rank - 1]
}
