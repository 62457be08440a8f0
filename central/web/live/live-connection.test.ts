import { expect, test } from 'vitest'
import { backOffMs, type EventStream, LiveConnection, type LiveState, SILENCE_LIMIT_MS } from './live-connection.ts'

type Listener = (event: MessageEvent<string>) => void

/** A stream that a test opens, feeds and breaks by hand. */
class HandStream implements EventStream {
  readonly url: string
  readyState = 1
  readonly #listeners = new Map<string, Listener>()
  constructor(url: string) {
    this.url = url
  }

  addEventListener(name: string, listener: Listener): void {
    this.#listeners.set(name, listener)
  }

  close(): void {
    this.readyState = 2
  }

  say(name: string, data: string): void {
    this.#listeners.get(name)?.(new MessageEvent(name, { data }))
  }
}

function setUp() {
  const streams: HandStream[] = []
  const states: LiveState[] = []
  const heard: unknown[] = []
  const opened: number[] = []
  let nowMs = 1_000_000
  const connection = new LiveConnection({
    open: (url) => {
      const stream = new HandStream(url)
      streams.push(stream)
      return stream
    },
    nowMs: () => nowMs,
    random: () => 0,
    listener: {
      onSamples: (samples) => heard.push(...samples),
      onGateway: () => undefined,
      onStatus: () => undefined,
      onAlarm: ({ id }) => heard.push(`alarm ${id}`),
      onOpened: () => opened.push(streams.length),
      onState: (state) => states.push(state),
      onReturn: () => heard.push('returned'),
      onRefused: () => heard.push('refused'),
    },
  })
  const pass = (ms: number) => {
    nowMs += ms
    connection.tick()
  }
  return { connection, streams, states, heard, opened, pass, last: () => streams.at(-1) as HandStream }
}

test('the page is live with the first event, not with the connection', () => {
  const { connection, last } = setUp()
  connection.start()
  expect(connection.state.kind).toBe('connecting')
  last().say('status', '{}')
  expect(connection.state.kind).toBe('live')
})

test('silence of more than 12 s is the end of being live, dated back to the last event', () => {
  const { connection, last, pass } = setUp()
  connection.start()
  last().say('status', '{}')
  pass(SILENCE_LIMIT_MS)
  expect(connection.state.kind).toBe('live')
  pass(1)
  expect(connection.state).toMatchObject({ kind: 'down', sinceMs: 1_000_000, attempt: 1 })
})

test('a stream that opens and never speaks is given up too, also while reconnecting', () => {
  const { connection, streams, last, pass } = setUp()
  connection.start()
  last().say('error', '')
  pass(1_000)
  expect(streams).toHaveLength(2)
  pass(SILENCE_LIMIT_MS + 1)
  expect(connection.state).toMatchObject({ kind: 'down', sinceMs: 1_000_000, attempt: 2 })
})

test('unreadable events are no sign of life', () => {
  const { connection, last } = setUp()
  connection.start()
  last().say('samples', '{')
  expect(connection.state.kind).toBe('connecting')
})

test('it comes back by itself and counts from one again', () => {
  const { connection, last, pass, states } = setUp()
  connection.start()
  last().say('error', '')
  pass(1_000)
  last().say('status', '{}')
  expect(connection.state.kind).toBe('live')
  last().say('error', '')
  expect(states.at(-1)).toMatchObject({ kind: 'down', attempt: 1 })
})

test('another mine opens another stream and the old one is not heard any more', () => {
  const { connection, streams, heard } = setUp()
  connection.start('990121100001')
  connection.show('990121100002')
  expect(streams.map((stream) => stream.url)).toEqual(['/api/live?mine=990121100001', '/api/live?mine=990121100002'])
  streams[0]?.say('samples', '{"items":[["p",1,1,0,"none",0]]}')
  expect(heard).toEqual([])
})

test('a change of mine while down waits for the next attempt', () => {
  const { connection, streams, last, pass } = setUp()
  connection.start()
  last().say('error', '')
  connection.show('990121100002')
  expect(streams).toHaveLength(1)
  pass(1_000)
  expect(last().url).toBe('/api/live?mine=990121100002')
})

test('the wait doubles up to 15 s and is shortened by chance by at most a quarter', () => {
  expect([1, 2, 3, 4, 5, 50].map((attempt) => backOffMs(attempt, 0))).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
  expect(backOffMs(5, 1)).toBe(11_250)
})

test('after a loss what was missed is asked for, after the first connection nothing is', () => {
  const { connection, last, pass, heard } = setUp()
  connection.start()
  last().say('status', '{}')
  expect(heard).toEqual([])
  last().say('error', '')
  pass(1_000)
  last().say('status', '{}')
  expect(heard).toEqual(['refused', 'returned'])
})

test('without a mine samples are not kept', () => {
  const { connection, last, heard } = setUp()
  connection.start()
  last().say('samples', '{"items":[["p",1,1,0,"none",0]]}')
  expect(heard).toEqual([])
})

test('each new stream is told once, with its first event, also when only the mine changed', () => {
  const { connection, opened, last } = setUp()
  connection.start()
  expect(opened).toEqual([])
  last().say('status', '{}')
  last().say('status', '{}')
  connection.show('990121100001')
  last().say('alarm', '{"id":"a"}')
  expect(opened).toEqual([1, 2])
})

test('an alarm is heard whichever mine is chosen', () => {
  const { connection, heard, last } = setUp()
  connection.start()
  last().say('alarm', '{"id":"a"}')
  connection.show('990121100001')
  last().say('alarm', '{"id":"b"}')
  expect(heard).toEqual(['alarm a', 'alarm b'])
})
