/* An independent peer: Debian's pymodbus as the device. */
import type { ModbusSource } from '@orewatch/firmware-adapters'
import { isPymodbusAvailable, PYMODBUS_HINT, startPymodbus } from '@orewatch/testkit'
import { describe, expect, test } from 'vitest'
import { contextOf, pointOf, RecordingSink } from '../test/recording-sink.ts'
import { createModbusLine } from './index.ts'
import { fastConfig, fastSerialConfig } from './test/bench-place.ts'
import { openPtyBridge } from './test/pty-bridge.ts'

const isAvailable = isPymodbusAvailable()

function words(write: (bytes: DataView) => void, bytes: number): number[] {
  const view = new DataView(new ArrayBuffer(bytes))
  write(view)
  return Array.from({ length: bytes / 2 }, (_, i) => view.getUint16(2 * i))
}

const holding = [
  245,
  0xfc19,
  ...words((v) => v.setFloat32(0, 24.5), 4),
  ...words((v) => v.setFloat32(0, 24.5), 4).toReversed(),
  ...words((v) => v.setFloat64(0, -1234.5678), 8),
  ...words((v) => v.setBigInt64(0, -5n), 8),
  ...Array.from({ length: 300 }, (_, i) => i),
]

const sources: readonly [string, Partial<ModbusSource>, number][] = [
  ['uint16', { address: 0, type: 'uint16' }, 245],
  ['int16', { address: 1, type: 'int16' }, -999],
  ['float32', { address: 2, type: 'float32' }, 24.5],
  ['float32 CDAB', { address: 4, type: 'float32', wordOrder: 'CDAB' }, 24.5],
  ['float64', { address: 6, type: 'float64' }, -1234.5678],
  ['int64', { address: 10, type: 'int64' }, -5],
  ['far register', { address: 14 + 299, type: 'uint16' }, 299],
  ['input register', { area: 'input', address: 1, type: 'uint16' }, 77],
  ['coil', { area: 'coil', address: 9, type: 'bit' }, 1],
  ['discrete input', { area: 'discrete', address: 2, type: 'bit' }, 1],
]

describe.skipIf(!isAvailable)(isAvailable ? 'pymodbus as the device' : `pymodbus as the device (${PYMODBUS_HINT})`, () => {
  for (const transport of ['tcp', 'rtu-over-tcp', 'rtu'] as const) {
    test(`every type and area is read rightly over ${transport}, and a register that is not there is a fault of its point alone`, async () => {
      const device = await startPymodbus({
        framing: transport === 'tcp' ? 'tcp' : 'rtu-over-tcp',
        holding,
        input: [0, 77],
        coils: Array.from({ length: 12 }, (_, i) => i === 9),
        discrete: [false, false, true, false],
      })
      const sink = new RecordingSink()
      const bridge = transport === 'rtu' ? await openPtyBridge(device.port) : undefined
      const config = bridge === undefined ? fastConfig(device.port, { transport, timeoutMs: 2_000 }) : fastSerialConfig(bridge.path, { timeoutMs: 2_000 })
      const line = createModbusLine(config, contextOf(sink))
      try {
        const points = [...sources, ['absent', { address: 5_000, type: 'uint16' }, Number.NaN] as const].map(([name, source]) =>
          pointOf(name, { kind: 'modbus', modbus: { area: 'holding', address: 0, type: 'uint16', ...source } }),
        )
        line.setDevice({ id: 'peer', unit: 1, points })
        line.start()
        await sink.until(() => points.every((_, key) => sink.of('peer', key).length > 0))
        expect(sources.map((_, key) => sink.of('peer', key).at(-1))).toEqual(sources.map(([, , value], key) => expect.objectContaining({ key, value, quality: 0 })))
        expect(sink.of('peer', sources.length).at(-1)).toMatchObject({ quality: 2 })
        expect(line.stats()).toMatchObject({ timeouts: 0, discarded: 0, reconnects: 0 })
        if (transport === 'tcp') await expect(line.identify('peer', AbortSignal.timeout(5_000))).resolves.toMatchObject({ vendor: 'pymodbus', product: 'PM' })
      } finally {
        await line.stop()
        await bridge?.close()
        await device.stop()
      }
    })
  }
})
