import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DeviceSpec, DeviceState, LineDriver } from './driver.ts'
import { contextOf, RecordingSink } from './test/recording-sink.ts'

/** A line to a simulated place with two devices, and the place's off switch. */
export interface DriverFixture {
  /** Two devices that answer; both have at least one point. */
  readonly devices: readonly [DeviceSpec, DeviceSpec]
  /** A line to the place, not started, that notices a loss and tries again within a second or two. */
  makeLine(context: ReturnType<typeof contextOf>): LineDriver
  /** Takes the place off the network: connections break, new ones are refused. */
  switchOff(): Promise<void>
  switchOn(): Promise<void>
  close(): Promise<void>
}

/** What every driver must do, whatever it speaks. */
export function describeDriver(name: string, openFixture: () => Promise<DriverFixture>): void {
  describe(`driver conformance: ${name}`, () => {
    let fixture: DriverFixture
    let sink: RecordingSink
    let line: LineDriver

    beforeEach(async () => {
      fixture = await openFixture()
      sink = new RecordingSink()
      line = fixture.makeLine(contextOf(sink))
    })

    afterEach(async () => {
      await line.stop()
      await fixture.close()
    })

    const startBoth = async (): Promise<readonly [string, string]> => {
      const [a, b] = fixture.devices
      line.setDevice(a)
      line.setDevice(b)
      line.start()
      await sink.untilGood(a.id)
      await sink.untilGood(b.id)
      return [a.id, b.id]
    }

    test('says nothing and connects to nothing before it is started', async () => {
      line.setDevice(fixture.devices[0])
      await new Promise((resolve) => {
        setTimeout(resolve, 200)
      })
      expect(sink.rows).toEqual([])
      expect(line.stats().requests).toBe(0)
    })

    test('reads every point of every device and calls the devices live', async () => {
      const [a, b] = await startBoth()
      await sink.until(() => fixture.devices.every((device) => device.points.every((_, key) => sink.of(device.id, key).length > 0)))
      expect(line.states().get(a)?.kind).toBe('live')
      expect(line.states().get(b)?.kind).toBe('live')
    })

    test('goes on reading a value that does not change, each period', async () => {
      const [a] = await startBoth()
      await sink.until(() => sink.of(a, 0).length >= 4)
      expect(sink.of(a, 0).every((row) => row.quality === 0)).toBe(true)
    })

    test('calls a device that is gone lost, with a reason, and live again when it is back', async () => {
      const [a] = await startBoth()
      sink.clear()
      await fixture.switchOff()
      await sink.untilState(a, 'lost')
      const lost = sink.stateLog.find((entry) => entry.device === a && entry.state.kind === 'lost')?.state as Extract<DeviceState, { kind: 'lost' }>
      expect(lost.reason).not.toBe('none')
      expect(lost.detail.length).toBeGreaterThan(10)
      sink.clear()
      await fixture.switchOn()
      await sink.untilState(a, 'live')
      await sink.untilGood(a)
    })

    test('gives no reading of a device that is gone', async () => {
      const [a] = await startBoth()
      await fixture.switchOff()
      await sink.untilState(a, 'lost')
      sink.clear()
      await new Promise((resolve) => {
        setTimeout(resolve, 400)
      })
      expect(sink.rows.filter((row) => row.quality === 0)).toEqual([])
    })

    test('tries a place that cannot be reached again and again', async () => {
      await fixture.switchOff()
      line.setDevice(fixture.devices[0])
      line.start()
      await sink.untilState(fixture.devices[0].id, 'lost')
      await sink.until(() => line.stats().reconnects >= 2)
      await fixture.switchOn()
      await sink.untilGood(fixture.devices[0].id)
    })

    test('leaves the other devices running when one is removed', async () => {
      const [a, b] = await startBoth()
      line.removeDevice(a)
      await sink.untilGood(b, 3)
      sink.clear()
      await sink.untilGood(b, 3)
      expect(sink.rows.filter((row) => row.device === a)).toEqual([])
      expect(sink.stateLog.filter((entry) => entry.device === b)).toEqual([])
      expect([...line.states().keys()]).toEqual([b])
    })

    test('leaves the other devices running when one is replaced', async () => {
      const [a, b] = await startBoth()
      sink.clear()
      line.setDevice({ ...fixture.devices[0], points: fixture.devices[0].points.slice(0, 1) })
      await sink.untilGood(a, 2)
      await sink.untilGood(b, 2)
      expect(sink.kinds(b)).toEqual([])
    })

    test('takes up a device that comes later', async () => {
      const [a, b] = fixture.devices
      line.setDevice(a)
      line.start()
      await sink.untilGood(a.id)
      line.setDevice(b)
      await sink.untilGood(b.id)
    })

    test('waits with reading while the pipeline is full, and goes on when it is not', async () => {
      const { promise: gate, resolve: open } = Promise.withResolvers<void>()
      const full = new RecordingSink()
      const held = fixture.makeLine(contextOf(full, () => (full.rows.length === 0 ? Promise.resolve() : gate)))
      held.setDevice(fixture.devices[0])
      held.start()
      await full.untilGood(fixture.devices[0].id)
      await new Promise((resolve) => {
        setTimeout(resolve, 300)
      })
      const before = full.rows.length
      await new Promise((resolve) => {
        setTimeout(resolve, 400)
      })
      expect(full.rows.length).toBe(before)
      open()
      await full.untilGood(fixture.devices[0].id, 3)
      await held.stop()
    })

    test('reads a device once on demand, with raw contents', async () => {
      const [a] = await startBoth()
      const readings = await line.readOnce(a, AbortSignal.timeout(5_000))
      expect(readings.map(({ point }) => point)).toEqual(fixture.devices[0].points.map((point) => point.name))
      expect(readings[0]).toMatchObject({ quality: 0 })
      expect(readings[0]?.raw).not.toBe('')
    })

    test('rejects a single reading with a code when the device is gone, unknown, or the line is stopped', async () => {
      const [a] = await startBoth()
      await expect(line.readOnce('nobody', AbortSignal.timeout(5_000))).rejects.toMatchObject({ code: expect.stringMatching(/_UNKNOWN_DEVICE$/) })
      await fixture.switchOff()
      await sink.untilState(a, 'lost')
      await expect(line.readOnce(a, AbortSignal.timeout(5_000))).rejects.toMatchObject({ code: expect.stringMatching(/^[A-Z][A-Z0-9]*_[A-Z_]+$/) })
      await line.stop()
      await expect(line.readOnce(a, AbortSignal.timeout(5_000))).rejects.toMatchObject({ code: expect.stringMatching(/_STOPPED$/) })
    })

    test('can be stopped twice, before and after it was started', async () => {
      await startBoth()
      await line.stop()
      await line.stop()
      const never = fixture.makeLine(contextOf(new RecordingSink()))
      await never.stop()
      await never.stop()
      sink.clear()
      await new Promise((resolve) => {
        setTimeout(resolve, 200)
      })
      expect(sink.rows).toEqual([])
    })
  })
}
