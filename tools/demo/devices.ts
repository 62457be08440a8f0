#!/usr/bin/env node
/*
 * The demo's devices: real Modbus and OPC UA sockets with one physical model behind them. Runs as a child of main.ts.
 * What takes days (a storm, a slope that fails) begins at a fixed time of the calendar, so that a restart goes on with it.
 */
import { join } from 'node:path'
import {
  demoPoints,
  DEMO_POWER_UNITS,
  DEMO_UNITS,
  makeMine,
  makeRadar,
  makeStorm,
  orderEvent,
  startGasSubstation,
  startGnss,
  startPersonnelPositioning,
  startRainLevel,
  startSlopeRadar,
  startSmartPower,
  startTailingsInstruments,
  startVentilationDrainageHoist,
} from '@orewatch/firmware-adapters/simulation'

const [pkiDir] = process.argv.slice(2)
if (pkiDir === undefined) {
  process.stderr.write('usage: devices.ts <folder for the keys of OPC UA servers>\n')
  process.exit(2)
}
const EPISODE_MS = 4 * 86_400_000
const episodeMs = Math.floor(Date.now() / EPISODE_MS) * EPISODE_MS
const mine = makeMine({ seed: 1 })
const storm = makeStorm({ seed: 1, startMs: episodeMs })
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
const power = await startSmartPower({ framing: 'rtu-over-tcp', units: DEMO_POWER_UNITS })
const plc = await startVentilationDrainageHoist({ mine, pkiDir: join(pkiDir, 'plc') })
const positioning = await startPersonnelPositioning({ pkiDir: join(pkiDir, 'positioning') })
const logger = await startTailingsInstruments({ storm })
const weather = await startRainLevel({ storm, framing: 'rtu-over-tcp' })
const gnss = await startGnss({ points: demoPoints(episodeMs) })
// Its third zone falls when the episode ends.
const radar = await startSlopeRadar({ pkiDir: join(pkiDir, 'radar'), radar: makeRadar({ scanMs: 120_000, onsetMs: episodeMs + EPISODE_MS - 10 * 3_600_000 }) })
process.send?.({
  kind: 'ready',
  gasPort: gas.port,
  gasRtuPort: gasRtu.port,
  powerPort: power.port,
  plcEndpoint: plc.endpointUrl,
  positioningEndpoint: positioning.endpointUrl,
  loggerPort: logger.port,
  weatherPort: weather.port,
  gnssPort: gnss.port,
  radarEndpoint: radar.endpointUrl,
})

// A test or a demonstration orders a blast or a fan trip, `agoMs` back so that what follows it is there at once.
process.on('message', (message: { readonly event?: unknown; readonly agoMs?: unknown }) => {
  if (message.event === 'blast' || message.event === 'fan-trip') orderEvent(mine, message.event, Date.now() - (typeof message.agoMs === 'number' ? message.agoMs : 0))
})

const stop = (): void => {
  void Promise.allSettled([gas, gasRtu, power, plc, positioning, logger, weather, gnss, radar].map((device) => device.close())).then(() => process.exit(0))
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
process.once('disconnect', stop)
