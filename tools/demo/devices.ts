#!/usr/bin/env node
/* The demo's devices: real Modbus and OPC UA sockets with one physical model behind them. Runs as a child of main.ts. */
import { makeMine, startGasSubstation, startVentilationDrainageHoist, DEMO_UNITS } from '@orewatch/firmware-adapters/simulation'

const [pkiDir] = process.argv.slice(2)
if (pkiDir === undefined) {
  process.stderr.write('usage: devices.ts <pki folder>\n')
  process.exit(2)
}
const mine = makeMine({ seed: 1 })
const gas = await startGasSubstation({ mine, units: DEMO_UNITS })
const gasRtu = await startGasSubstation({
  mine,
  framing: 'rtu-over-tcp',
  units: [
    {
      unit: 3,
      format: 'scaled',
      sensors: [
        { sensorType: '0101', place: 'face' },
        { sensorType: '0102', place: 'return' },
        { sensorType: '0105', place: 'return' },
        { sensorType: '0111', place: 'return' },
      ],
    },
  ],
})
const plc = await startVentilationDrainageHoist({ mine, pkiDir })
process.send?.({ kind: 'ready', gasPort: gas.port, gasRtuPort: gasRtu.port, plcEndpoint: plc.endpointUrl })

const stop = (): void => {
  void Promise.allSettled([gas.close(), gasRtu.close(), plc.close()]).then(() => process.exit(0))
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
process.once('disconnect', stop)
