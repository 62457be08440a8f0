/* Simulated Modbus devices (and, when asked, an OPC UA server) as a child process; their CPU is not the gateway's. */
import { startModbusSimulator, startVentilationDrainageHoist } from '@orewatch/firmware-adapters/simulation'

const [lines, units, values, pkiDir] = process.argv.slice(2)
const servers = await Promise.all(Array.from({ length: Number(lines) }, () => startModbusSimulator({ units: Number(units), registersPerUnit: Number(values) * 2 })))
const plc = pkiDir === undefined ? undefined : await startVentilationDrainageHoist({ pkiDir })
process.send?.({ kind: 'ready', ports: servers.map((s) => s.port), endpoint: plc?.endpointUrl })
process.once('disconnect', () => process.exit(0))
