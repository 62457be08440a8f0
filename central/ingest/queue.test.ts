import { expect, test } from 'vitest'
import type { Lane } from './batch.ts'
import { IngestQueue } from './queue.ts'
import { GatewaySession } from './session.ts'

const KIB = 1024

/** A queue on a clock that stands still until it is moved. */
function openQueue(limits: Partial<IngestQueue['limits']> = {}): { readonly queue: IngestQueue; readonly pass: (ms: number) => void } {
  let nowMs = 0
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }
  return {
    queue: new IngestQueue({ maxBytes: 100 * KIB, batchRows: 100, batchDelayMs: 20, ...limits }, clock),
    pass: (ms) => {
      nowMs += ms
    },
  }
}

function session(node: string): GatewaySession {
  return new GatewaySession('990101', node, 0)
}

function put(queue: IngestQueue, lane: Lane, of: GatewaySession, rows = 1): void {
  const batch = queue.batch(lane)
  const from = batch.samples.count
  for (let i = 0; i < rows; i++) batch.samples.push(1, i, i)
  queue.reserve(of, 10, true)
  queue.add(batch, { session: of, identity: 1, ledger: undefined, position: undefined, from, to: from + rows, bytes: 10, receivedMs: 0 })
}

test('never holds more than its bound', () => {
  const { queue } = openQueue()
  const gateways = Array.from({ length: 30 }, (_, i) => session(`g${i}`))
  for (let round = 0; round < 20; round++) for (const gateway of gateways) queue.reserve(gateway, KIB, true)
  expect(queue.heldBytes).toBeLessThanOrEqual(100 * KIB)
  expect(queue.heldBytes).toBeGreaterThan(80 * KIB)
})

test('a gateway that floods leaves room for the others', () => {
  const { queue } = openQueue()
  const flood = session('flood')
  const quiet = session('quiet')
  let taken = 0
  while (queue.reserve(flood, KIB, true)) taken++
  expect(taken).toBe(50)
  expect(queue.reserve(quiet, KIB, true)).toBe(true)
})

test('a gateway that nobody registered holds little, but any one message', () => {
  const { queue } = openQueue({ maxBytes: 100 * KIB * KIB })
  const stranger = session('stranger')
  expect(queue.reserve(stranger, 600 * KIB, false)).toBe(true)
  expect(queue.reserve(stranger, 600 * KIB, false, 600 * KIB)).toBe(true)
  expect(queue.reserve(stranger, KIB, false)).toBe(false)
  const known = session('known')
  expect(queue.reserve(known, 600 * KIB, true) && queue.reserve(known, 600 * KIB, true)).toBe(true)
})

test('room that is given back can be taken again', () => {
  const { queue } = openQueue()
  const gateway = session('g1')
  expect(queue.reserve(gateway, 60 * KIB, true)).toBe(true)
  expect(queue.reserve(gateway, 30 * KIB, true)).toBe(false)
  queue.release(gateway, 60 * KIB)
  expect(queue.reserve(gateway, 30 * KIB, true)).toBe(true)
})

test('a batch waits for more and then goes', () => {
  const { queue, pass } = openQueue()
  put(queue, 'live', session('g1'))
  expect(queue.take()).toBeUndefined()
  pass(20)
  expect(queue.take()?.samples.count).toBe(1)
  queue.stop()
})

test('a full batch goes at once', () => {
  const { queue } = openQueue()
  put(queue, 'live', session('g1'), 100)
  expect(queue.take()?.samples.count).toBe(100)
})

test('records overtake samples, live data the backlog, and the backlog is not starved', () => {
  const { queue } = openQueue()
  const gateway = session('g1')
  for (let i = 0; i < 6; i++) put(queue, 'live', gateway, 100)
  for (let i = 0; i < 2; i++) put(queue, 'backlog', gateway, 100)
  put(queue, 'records', gateway, 100)
  expect(Array.from({ length: 9 }, () => queue.take()?.lane)).toEqual(['records', 'live', 'live', 'live', 'backlog', 'live', 'live', 'live', 'backlog'])
})

test('a backlog that is to wait lets live data pass', () => {
  const { queue } = openQueue()
  const gateway = session('g1')
  put(queue, 'backlog', gateway, 100)
  put(queue, 'live', gateway, 100)
  expect([queue.take('waits')?.lane, queue.take('waits')?.lane, queue.take('may-go')?.lane]).toEqual(['live', undefined, 'backlog'])
})

test('the backlog holds at most half', () => {
  const { queue } = openQueue({ maxBytes: 40 })
  expect(queue.hasRoomForBacklog(20)).toBe(true)
  put(queue, 'backlog', session('g1'))
  put(queue, 'backlog', session('g2'))
  expect(queue.hasRoomForBacklog(1)).toBe(false)
  queue.stop()
})
