import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs, Breaker } from './breaker.ts'
import { FairQueue, type Job } from './queue.ts'

interface Named extends Job {
  readonly name: string
}
const job = (name: string, deadlineMs = 0, notBeforeMs = 0): Named => ({ name, deadlineMs, notBeforeMs })
const open = (): number => 0

function takeAll(queue: FairQueue<Named>, nowMs = 0): string[] {
  const names: string[] = []
  for (let next = queue.take(nowMs, open); next !== undefined; next = queue.take(nowMs, open)) names.push(next.name)
  return names
}

test('devices take turns however many reads one has', () => {
  const queue = new FairQueue<Named>()
  for (let i = 0; i < 4; i++) queue.push('a', job(`a${i}`))
  queue.push('b', job('b0'))
  queue.push('c', job('c0'))
  expect(takeAll(queue)).toEqual(['a0', 'b0', 'c0', 'a1', 'a2', 'a3'])
})

test('within a device the earliest deadline goes first', () => {
  const queue = new FairQueue<Named>()
  queue.push('a', job('slow', 1_000))
  queue.push('a', job('fast', 100))
  expect(takeAll(queue)).toEqual(['fast', 'slow'])
})

test('what must wait is passed over and said when it may go', () => {
  const queue = new FairQueue<Named>()
  queue.push('a', job('later', 0, 50))
  queue.push('a', job('now', 10))
  expect(queue.take(0, open)?.name).toBe('now')
  expect(queue.take(0, open)).toBeUndefined()
  expect(queue.nextMs(open)).toBe(50)
  expect(queue.nextMs(() => 80)).toBe(80)
  expect(queue.take(50, open)?.name).toBe('later')
  expect(queue.nextMs(open)).toBe(Number.POSITIVE_INFINITY)
})

test('a lane that may not send does not hold up the others', () => {
  const queue = new FairQueue<Named>()
  queue.push('a', job('a'))
  queue.push('b', job('b'))
  expect(queue.take(0, (lane) => (lane === 'a' ? Number.POSITIVE_INFINITY : 0))?.name).toBe('b')
})

test('a lane taken out takes its jobs with it', () => {
  const queue = new FairQueue<Named>()
  queue.push('a', job('a'))
  queue.push('b', job('b'))
  expect(queue.remove('a').map(({ name }) => name)).toEqual(['a'])
  expect(takeAll(queue)).toEqual(['b'])
  expect(queue.size).toBe(0)
})

test('everything that goes in comes out once', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 9 }))), (jobs) => {
      const queue = new FairQueue<Named>()
      jobs.forEach(([lane, deadline], i) => queue.push(lane, job(String(i), deadline)))
      expect(takeAll(queue).toSorted()).toEqual(jobs.map((_, i) => String(i)).toSorted())
    }),
  )
})

test('the breaker opens after failures in a row, and only for requests that failed one after another', () => {
  const breaker = new Breaker({ threshold: 3, pauseMs: 100, maxPauseMs: 400 }, () => 0.5)
  expect(breaker.fail(0, 10)).toBe(false)
  // Sent before the first failure was known: the same outage, not a second one.
  expect(breaker.fail(1, 11)).toBe(false)
  expect(breaker.fail(20, 30)).toBe(false)
  breaker.succeed()
  expect(breaker.fail(40, 50)).toBe(false)
  expect(breaker.fail(60, 70)).toBe(false)
  expect(breaker.fail(80, 90)).toBe(true)
  expect(breaker.isOpen).toBe(true)
  expect(breaker.probeMs).toBe(190)
})

test('pauses double up to the longest and are jittered by a quarter', () => {
  const breaker = new Breaker({ threshold: 1, pauseMs: 100, maxPauseMs: 350 }, () => 1)
  breaker.fail(0, 0)
  expect(breaker.probeMs).toBe(125)
  breaker.fail(125, 200)
  expect(breaker.probeMs).toBe(450)
  breaker.fail(450, 500)
  expect(breaker.probeMs).toBe(500 + 350 * 1.25)
  breaker.succeed()
  expect(breaker.probeMs).toBe(Number.POSITIVE_INFINITY)
})

test('pauses before connecting double, are jittered by half and bounded', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const pauseMs = backoffMs(attempt, 100, 5_000, () => random)
      expect(pauseMs).toBeGreaterThanOrEqual(50)
      expect(pauseMs).toBeLessThanOrEqual(7_500)
    }),
  )
})
