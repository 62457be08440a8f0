import { expect, test } from 'vitest'
import { LatestBoard } from './latest-board.ts'

test('an older time never replaces a newer one', () => {
  const board = new LatestBoard()
  board.apply([['p', 10, 1, 0, 'none', 0]])
  board.apply([['p', 5, 2, 0, 'none', 1]])
  expect(board.latest('p')?.value).toBe(1)
})

test('only the watcher of the point that changed is called', () => {
  const board = new LatestBoard()
  const called: string[] = []
  board.watch('a', () => called.push('a'))
  const end = board.watch('b', () => called.push('b'))
  board.apply([['a', 1, 1, 0, 'none', 0]])
  end()
  board.apply([['b', 1, 1, 0, 'none', 0]])
  expect(called).toEqual(['a'])
})

test('what did not change keeps its identity, so nothing redraws', () => {
  const board = new LatestBoard()
  board.apply([['p', 10, 1, 0, 'none', 0]])
  const before = board.latest('p')
  board.apply([['p', 10, 1, 0, 'none', 0]])
  expect(board.latest('p')).toBe(before)
  expect(board.version).toBe(1)
})
