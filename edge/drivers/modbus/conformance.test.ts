import { startModbusServer } from '@orewatch/firmware-adapters/simulation'
import { describeDriver } from '../conformance.ts'
import { createModbusLine } from './index.ts'
import { deviceAt, fastConfig, knownBank } from './test/bench-place.ts'

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
