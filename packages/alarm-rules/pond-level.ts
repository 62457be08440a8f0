/* T-12 (GB 39496 5.5.4), ALG-15: from levels of points to the level of an item, from items to the pond. */
import { type Level, levelOf, rankOf } from './levels.ts'

// 4 blue are one yellow, 3 yellow one orange, 2 orange one red. The last two steps across items are a reading of the rule (unsure).
const STEPS = [
  { from: 'blue', count: 4 },
  { from: 'yellow', count: 3 },
  { from: 'orange', count: 2 },
] as const

/** What several levels add up to by counting alone: undefined while none of the steps is reached. */
export function aggregateLevels(levels: readonly Level[]): Level | undefined {
  let carried = 0
  let result = 0
  for (const [i, { from, count }] of STEPS.entries()) {
    carried = Math.floor((carried + levels.filter((level) => level === from).length) / count)
    if (carried > 0) result = i + 2
  }
  return levelOf(result)
}

/** Level of an item (same kind of points): the highest single point, or what the points add up to. */
export function itemLevel(points: readonly Level[]): Level | undefined {
  return levelOf(Math.max(rankOf(aggregateLevels(points)), ...points.map(rankOf), 0))
}

/** Level of a pond from its items: any red item is red, and several lower ones add up. */
export function pondLevel(items: readonly (Level | undefined)[]): Level | undefined {
  return itemLevel(items.filter((item) => item !== undefined))
}
