import { createSocket, type Socket } from 'node:dgram'
import type { Clock } from '@orewatch/core'
import { afterEach, expect, test } from 'vitest'
import { ClockWatch, type ClockStep, querySntp } from './clock-watch.ts'

const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})

/** A clock moved by hand: `pass` lets time go by, `step` is somebody who sets the wall clock. */
class HandClock implements Clock {
  #wall = 1_800_000_000_000
  #steady = 0
  nowMs = (): number => this.#wall
  monotonicMs = (): number => this.#steady
  pass(ms: number): void {
    this.#wall += ms
    this.#steady += ms
  }
  step(ms: number): void {
    this.#wall += ms
  }
}

function watch(clock: Clock, server?: string): { readonly watch: ClockWatch; readonly steps: ClockStep[] } {
  const steps: ClockStep[] = []
  return { watch: new ClockWatch({ clock, maxOffsetMs: 1_000, onStep: (step) => steps.push(step), ...(server !== undefined && { server }) }), steps }
}

/** A time server on loopback that is wrong by a constant; `undefined` never answers. */
async function timeServer(offsetMs: number | undefined): Promise<string> {
  const socket = createSocket('udp4')
  sockets.push(socket)
  socket.on('message', (request, from) => {
    if (offsetMs === undefined) return
    const answer = Buffer.alloc(48)
    answer[0] = 0x24
    answer[1] = 2
    request.copy(answer, 24, 40, 48)
    for (const at of [32, 40]) {
      const seconds = (Date.now() + offsetMs) / 1000 + 2_208_988_800
      answer.writeUInt32BE(Math.floor(seconds), at)
      answer.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), at + 4)
    }
    socket.send(answer, from.port, from.address)
  })
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve)
  })
  return `127.0.0.1:${socket.address().port}`
}

test('a clock that is set back or forward is told once, with by how much', () => {
  const clock = new HandClock()
  const { watch: watched, steps } = watch(clock)
  for (const step of [-1_800_000, 0, 0, 90_000, 0]) {
    clock.pass(1_000)
    clock.step(step)
    watched.check()
  }
  expect(steps.map(({ stepMs }) => stepMs)).toEqual([-1_800_000, 90_000])
})

test('time that passes, however unevenly it is looked at, is no step', () => {
  const clock = new HandClock()
  const { watch: watched, steps } = watch(clock)
  for (const ms of [1_000, 40_000, 3, 250_000]) {
    clock.pass(ms)
    clock.step(400)
    watched.check()
  }
  expect(steps).toEqual([])
})

test('without a time server the clock is believed, and the state says that nobody was asked', () => {
  expect(watch(new HandClock()).watch.state()).toEqual({ source: 'system', isTrusted: true })
})

test('a time server tells the offset, and beyond the limit the clock is not trusted', async () => {
  const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }
  const { watch: watched } = watch(clock, await timeServer(30_000))
  expect(watched.state().isTrusted).toBe(false)
  watched.check()
  await expect.poll(() => watched.state().offsetMs).toBeGreaterThan(29_000)
  expect(watched.state()).toMatchObject({ source: 'sntp', isTrusted: false })
})

test('a time server that agrees makes the clock trusted', async () => {
  const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }
  const { watch: watched } = watch(clock, await timeServer(0))
  watched.check()
  await expect.poll(() => watched.state().isTrusted).toBe(true)
})

test('a time server that does not answer gives no offset', async () => {
  await expect(querySntp(await timeServer(undefined), { nowMs: () => Date.now(), monotonicMs: () => performance.now() })).resolves.toBeUndefined()
})
