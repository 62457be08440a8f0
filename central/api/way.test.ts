import { Q, reasonCode } from '@orewatch/core'
import type { DeviceStatus, GatewayStatus } from '@orewatch/protocol'
import { describe, expect, test } from 'vitest'
import { judgeWay, lateAfterMs, WAY_STAGES, type WayInputs, type WayStageId, type WayState } from './way.ts'

const NOW = 1_800_000_000_000
const SECOND = 1_000
const MINUTE = 60_000

const device: DeviceStatus = { line: 'gas', state: 'live', sinceMs: NOW - 10 * MINUTE, lastReadMs: NOW - SECOND }

const status: GatewayStatus = {
  timeMs: NOW - 2 * SECOND,
  devices: { 'gas-1': device },
  outbox: { incarnation: 'a', pending: 4, oldestMs: NOW - 3 * SECOND, diskBytes: 4_096 },
  uplink: { sinceMs: NOW - 10 * MINUTE, inFlightBytes: 0, resent: 0, backlog: 0 },
  clock: { source: 'ntp', offsetMs: 1, isTrusted: true },
}

const healthy: WayInputs = {
  device: 'gas-1',
  periodMs: SECOND,
  gateway: { node: 'gw-u1', isOnline: true, sinceMs: NOW - 10 * MINUTE, lastMessageMs: NOW - SECOND, status, statusReceivedMs: NOW - 2 * SECOND },
  broker: { ok: true, note: 'connected' },
  ingest: { ok: true, note: 'fine', lastReceivedMs: NOW - SECOND, lastQueuedMs: NOW - SECOND },
  store: { ok: true, note: 'writing', newest: { timeMs: NOW - SECOND, quality: Q.good, reason: 0 } },
  screen: { viewers: 1, lastPushMs: NOW - SECOND },
}

// Nothing newer than five minutes: what a break anywhere looks like at the store.
const stopped: WayInputs = {
  ...healthy,
  ingest: { ok: true, note: 'fine', lastReceivedMs: NOW - 5 * MINUTE, lastQueuedMs: NOW - 5 * MINUTE },
  store: { ok: true, note: 'writing', newest: { timeMs: NOW - 5 * MINUTE, quality: Q.good, reason: 0 } },
}

const withStatus = (inputs: WayInputs, change: Partial<GatewayStatus>): WayInputs => ({ ...inputs, gateway: { ...inputs.gateway, status: { ...status, ...change } } })
const withDevice = (inputs: WayInputs, change: Partial<DeviceStatus>): WayInputs => withStatus(inputs, { devices: { 'gas-1': { ...device, ...change } } })
const withOutbox = (inputs: WayInputs, change: Partial<GatewayStatus['outbox']>): WayInputs => withStatus(inputs, { outbox: { ...status.outbox, ...change } })

function stateOf(inputs: WayInputs, id: WayStageId): WayState | undefined {
  return judgeWay(inputs, NOW).stages.find((stage) => stage.id === id)?.state
}

function expectStop(inputs: WayInputs, stage: WayStageId, zh: RegExp) {
  const { verdict, stages } = judgeWay(inputs, NOW)
  expect([verdict.stage, verdict.zh]).toEqual([stage, expect.stringMatching(zh)])
  expect(verdict.en.length).toBeGreaterThan(10)
  return stages
}

describe('a value that arrives', () => {
  test('has a way on which every stage is well', () => {
    expect(judgeWay(healthy, NOW).stages.map((stage) => [stage.id, stage.state])).toEqual(WAY_STAGES.map((id) => [id, 'ok']))
  })
  test('has a verdict without a stage that tells its age', () => {
    expect(judgeWay(healthy, NOW).verdict).toEqual({ zh: '数值正常到达，最新一条在 1 秒前', en: 'the value arrives; the newest is 1 s old' })
  })
  test('arrives also while a backlog drains beside it', () => {
    const inputs = withOutbox(healthy, { pending: 90_000, oldestMs: NOW - 3_600 * SECOND })
    expect([stateOf(inputs, 'outbox'), judgeWay(inputs, NOW).verdict.stage]).toEqual(['late', undefined])
  })
  test('arrives when nobody looks', () => {
    expect(stateOf({ ...healthy, screen: { viewers: 0 } }, 'screen')).toBe('ok')
  })
  test('arrives from a gateway that reports no status', () => {
    const { status: _, statusReceivedMs: __, ...gateway } = healthy.gateway
    const { verdict, stages } = judgeWay({ ...healthy, gateway }, NOW)
    expect([verdict.stage, stages.map((stage) => stage.state)]).toEqual([undefined, ['unknown', 'unknown', 'unknown', 'ok', 'ok', 'ok', 'ok', 'ok']])
  })
  test('is still there right after central was started again', () => {
    expect(judgeWay({ ...healthy, ingest: { ok: true, note: 'fine' } }, NOW).verdict.stage).toBeUndefined()
  })
})

describe('device', () => {
  test.each([
    ['timeout', /供电/],
    ['connection-lost', /网线/],
    ['connection-refused', /端口/],
    ['device-exception', /异常码/],
    ['session-closed', /会话/],
    ['breaker-open', /隔离/],
    ['subscription-silent', /订阅/],
  ])('a device lost by %s is named with what to do', (reason, zh) => {
    expectStop(withDevice(stopped, { state: 'lost', reason, sinceMs: NOW - 5 * MINUTE }), 'device', zh)
  })
  test('the detail of the gateway is passed on', () => {
    expectStop(withDevice(stopped, { state: 'lost', reason: 'timeout', detail: 'unit 7' }), 'device', /unit 7/)
  })
  test('a cause that this program does not know is told by its name', () => {
    expectStop(withDevice(stopped, { state: 'lost', reason: 'gremlins' }), 'device', /gremlins/)
  })
  test('a device that is asked more rarely because it does not answer is named with what to do, not as switched off', () => {
    expectStop(withDevice(stopped, { state: 'paused', reason: 'timeout', detail: 'unit 7' }), 'device', /供电.*unit 7/)
  })
  test('everything behind a lost device is unknown', () => {
    const stages = expectStop(withDevice(stopped, { state: 'lost', reason: 'timeout' }), 'device', /设备/)
    expect(stages.slice(1).map((stage) => stage.state)).toEqual(Array.from({ length: 7 }, () => 'unknown'))
  })
  test('a connected device that measures nothing is late', () => {
    expectStop(withDevice(stopped, { lastReadMs: NOW - 5 * MINUTE }), 'device', /没有新读数/)
  })
  test('a gateway whose clock is an hour off does not make its device late', () => {
    const slow = { ...status, timeMs: NOW - 3_600 * SECOND, devices: { 'gas-1': { ...device, lastReadMs: NOW - 3_601 * SECOND } }, outbox: { ...status.outbox, oldestMs: NOW - 3_602 * SECOND } }
    expect(stateOf({ ...healthy, gateway: { ...healthy.gateway, status: slow } }, 'device')).toBe('ok')
  })
  test('a fault that arrives as bad quality is the device’s, and the way behind it is proved', () => {
    const inputs: WayInputs = { ...healthy, store: { ...healthy.store, newest: { timeMs: NOW - SECOND, quality: Q.sensorFault, reason: reasonCode('fault-code') } } }
    const stages = expectStop(inputs, 'device', /传感器故障.*更换探头/)
    expect(stages.slice(1).map((stage) => stage.state)).toEqual(Array.from({ length: 7 }, () => 'ok'))
  })
  test('calibration is told, not called broken', () => {
    const inputs: WayInputs = { ...healthy, store: { ...healthy.store, newest: { timeMs: NOW, quality: Q.calibrating, reason: 0 } } }
    expect([stateOf(inputs, 'device'), judgeWay(inputs, NOW).verdict.stage]).toEqual(['late', 'device'])
  })
})

describe('driver', () => {
  test.each([
    ['certificate-untrusted', /证书/],
    ['access-denied', /账号/],
    ['illegal-address', /点表/],
    ['word-order', /字序/],
    ['protocol-error', /协议/],
  ])('a device lost by %s is a matter of the gateway’s set-up', (reason, zh) => {
    expectStop(withDevice(stopped, { state: 'lost', reason }), 'driver', zh)
  })
  test('a device that the gateway does not have is named', () => {
    expectStop(withStatus(stopped, { devices: {} }), 'driver', /没有配置设备 gas-1/)
  })
  test('a device that is being connected is late, not broken', () => {
    expect(stateOf(withDevice(stopped, { state: 'starting' }), 'driver')).toBe('late')
  })
  test('a point that is missing while its device is read is a matter of the profile', () => {
    expectStop({ ...stopped, ingest: { ok: true, note: '' }, store: { ok: true, note: '' } }, 'driver', /点表/)
  })
})

describe('outbox', () => {
  test('a disk that cannot be written is named', () => {
    expectStop(withOutbox(stopped, { failure: 'ENOSPC' }), 'outbox', /ENOSPC.*磁盘/)
  })
  test('a backlog is late, and nothing is lost', () => {
    expectStop(withOutbox(stopped, { pending: 5_000, oldestMs: NOW - 5 * MINUTE }), 'outbox', /积压 5000 条.*没有丢/)
  })
})

describe('uplink', () => {
  const offline: WayInputs = { ...stopped, gateway: { ...stopped.gateway, isOnline: false, sinceMs: NOW - 4 * MINUTE, lastMessageMs: NOW - 5 * MINUTE } }
  test('an offline gateway is named since when, and what lies before it cannot be seen', () => {
    const stages = expectStop(offline, 'uplink', /离线.*补传/)
    expect(stages.slice(0, 4).map((stage) => [stage.state, stage.sinceMs])).toEqual([
      ['unknown', undefined],
      ['unknown', undefined],
      ['unknown', undefined],
      ['broken', NOW - 4 * MINUTE],
    ])
  })
  test('what an offline gateway said last is not believed', () => {
    expect(stateOf(withDevice({ ...offline, gateway: { ...offline.gateway, status } }, { state: 'lost', reason: 'timeout' }), 'device')).toBe('unknown')
  })
  test('a gateway that was never heard of is told from one that went away', () => {
    expectStop({ ...stopped, gateway: { node: 'gw-u1', isOnline: false } }, 'uplink', /还没有连上过/)
  })
  test('a silent session is late', () => {
    expectStop({ ...stopped, gateway: { ...stopped.gateway, lastMessageMs: NOW - 2 * MINUTE, statusReceivedMs: NOW - 2 * MINUTE } }, 'uplink', /2 分钟 没有消息/)
  })
})

describe('central', () => {
  test('a broker that is away is named, and the gateways cannot be seen', () => {
    const stages = expectStop({ ...stopped, broker: { ok: false, note: 'ECONNREFUSED' } }, 'broker', /ECONNREFUSED/)
    expect(stages.slice(0, 4).map((stage) => stage.state)).toEqual(Array.from({ length: 4 }, () => 'unknown'))
  })
  test('ingest that cannot keep up is named', () => {
    expectStop({ ...stopped, ingest: { ok: false, note: 'queue full' } }, 'ingest', /queue full/)
  })
  test('a point that is refused leads to the quarantine', () => {
    expectStop({ ...stopped, ingest: { ...stopped.ingest, lastReceivedMs: NOW, lastRefusedMs: NOW, refusal: 'unit-mismatch' } }, 'ingest', /unit-mismatch.*隔离区/)
  })
  test('a refusal that was followed by an accepted sample is past', () => {
    expect(judgeWay({ ...healthy, ingest: { ...healthy.ingest, lastRefusedMs: NOW - MINUTE } }, NOW).verdict.stage).toBeUndefined()
  })
  test('one refused sample among accepted ones stops nothing', () => {
    expect(judgeWay({ ...healthy, ingest: { ...healthy.ingest, lastRefusedMs: NOW, refusal: 'conflict' } }, NOW).verdict.stage).toBeUndefined()
  })
  test('a store that takes no writes is named, and the backlog before it is only late', () => {
    const inputs = withOutbox({ ...stopped, store: { ...stopped.store, ok: false, note: 'disk full' } }, { pending: 900, oldestMs: NOW - 4 * MINUTE })
    const stages = expectStop(inputs, 'store', /disk full/)
    expect(stages.find((stage) => stage.id === 'outbox')?.state).toBe('late')
  })
  test('ingest that waits for a store that takes no writes is not the one to blame', () => {
    const ingest = { ...stopped.ingest, ok: false, note: 'the store has refused writes for 9 s' }
    const stages = expectStop({ ...stopped, ingest, store: { ...stopped.store, ok: false, note: 'disk full' } }, 'store', /disk full/)
    expect(stages.find((stage) => stage.id === 'ingest')).toMatchObject({ state: 'late', detail: { zh: expect.stringContaining('refused writes') } })
  })
  test('a second break behind the first is not hidden', () => {
    const stages = expectStop({ ...stopped, broker: { ok: false, note: 'away' }, store: { ...stopped.store, ok: false, note: 'disk full' } }, 'broker', /away/)
    expect(stages.find((stage) => stage.id === 'store')).toMatchObject({ state: 'unknown', detail: { zh: expect.stringContaining('disk full') } })
  })
  test('old samples that come in are told from a store that stands still', () => {
    const inputs: WayInputs = { ...stopped, ingest: { ok: true, note: '', lastReceivedMs: NOW, lastQueuedMs: NOW } }
    expect(stateOf(inputs, 'store')).toBe('late')
  })
  test('a live feed that stands still while values are stored is named', () => {
    const inputs: WayInputs = {
      ...healthy,
      periodMs: 20 * SECOND,
      ingest: { ...healthy.ingest, lastReceivedMs: NOW - 20 * SECOND, lastQueuedMs: NOW - 20 * SECOND },
      store: { ...healthy.store, newest: { timeMs: NOW - 20 * SECOND, quality: 0, reason: 0 } },
      screen: { viewers: 2, lastPushMs: NOW - 5 * MINUTE },
    }
    expectStop(inputs, 'screen', /刷新页面/)
  })
})

describe('what is simply not there', () => {
  test('a point that never reported is not called broken', () => {
    const inputs: WayInputs = { ...withOutbox(healthy, { pending: 9, oldestMs: NOW - 2 * MINUTE }), ingest: { ok: true, note: '' }, store: { ok: true, note: '' } }
    expect(judgeWay(inputs, NOW).stages.some((stage) => stage.state === 'broken')).toBe(false)
  })
  test('a value that is old while no stage reports a fault is not called fine', () => {
    const { status: _, ...gateway } = stopped.gateway
    expect(judgeWay({ ...stopped, gateway }, NOW).verdict.stage).toBe('ingest')
  })
})

describe('when a point counts as interrupted', () => {
  const check = (periodMs: number, expectedMs: number) => expect(lateAfterMs(periodMs)).toBe(expectedMs)
  test('after three periods', () => check(20_000, 60_000))
  test('never before fifteen seconds, which grouping on the way may take', () => check(1_000, 15_000))
  test('after three missed heartbeats when it reports on change', () => check(0, 180_000))
})
