import { expect, test } from 'vitest'
import { type Episode, mergeEpisodes } from './merge.ts'

const minutes = (start: number, end?: number, ruleId = 'GAS-1.CO'): Episode => ({ subject: 'p', ruleId, startMs: start * 60_000, ...(end !== undefined && { endMs: end * 60_000 }) })
const sizes = (...episodes: Episode[]) => mergeEpisodes(episodes).map((m) => m.parts.length)

test('ALG-16: 30 minutes after the end is the same matter, 31 is another', () => {
  expect(sizes(minutes(0, 5), minutes(35, 36))).toEqual([2])
  expect(sizes(minutes(0, 5), minutes(36, 37))).toEqual([1, 1])
})
test('a chain of short episodes is one', () => expect(sizes(minutes(0, 1), minutes(25, 26), minutes(50, 51), minutes(75))).toEqual([4]))
test('another rule is another matter', () => expect(sizes(minutes(0, 1), minutes(2, 3, 'GAS-2.CO'))).toEqual([1, 1]))
test('order of the list does not matter', () => expect(sizes(minutes(50, 51), minutes(0, 1), minutes(25, 26))).toEqual([3]))
