import { startModbusServer } from '@orewatch/firmware-adapters/simulation'
import { describeDriver } from '../conformance.ts'
import { describe } from 'vitest'
import { createModbusLine } from './index.ts'
import { deviceAt, fastConfig, fastSerialConfig, knownBank } from './test/bench-place.ts'
import { HAS_PTY, openPtyBridge } from './test/pty-bridge.ts'

for (const transport of ['tcp', 'rtu-over-tcp'] as const) {
  describeDriver(`modbus ${transport}`, async () => {
    const server = await startModbusServer({
      units: new Map([
        [1, knownBank()],
        [2, knownBank()],
      ]),
      framing: transport,
    })
    return {
      devices: [deviceAt('a', 1, [0, 1, 60]), deviceAt('b', 2, [5])],
      makeLine: (context) => createModbusLine(fastConfig(server.port, { transport }), context),
      switchOff: () => server.pause(),
      switchOn: () => server.resume(),
      close: () => server.close(),
    }
  })
}

describe.skipIf(!HAS_PTY)('on a serial port (needs python3: npm run services)', () => {
  describeDriver('modbus rtu', async () => {
    const server = await startModbusServer({
      units: new Map([
        [1, knownBank()],
        [2, knownBank()],
      ]),
      framing: 'rtu-over-tcp',
    })
    const bridge = await openPtyBridge(server.port)
    return {
      devices: [deviceAt('a', 1, [0, 1, 60]), deviceAt('b', 2, [5])],
      makeLine: (context) => createModbusLine(fastSerialConfig(bridge.path), context),
      switchOff: () => bridge.unplug(),
      switchOn: () => bridge.plug(),
      close: async () => {
        await bridge.close()
        await server.close()
      },
    }
  })
})
