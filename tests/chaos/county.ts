/* The programs of one run and the links between them. */
import { join } from 'node:path'
import { startModbusSimulator, type ModbusServer } from '@orewatch/firmware-adapters/simulation'
import { isInfluxdAvailable, isMosquittoAvailable, startInfluxd, startMosquitto } from '@orewatch/testkit'
import { mosquittoFiles } from '../../central/broker/mosquitto-files.ts'
import { freePort } from '../../tools/demo/children.ts'
import { chaosErrors } from './errors.ts'
import { Link } from './link.ts'
import type { Target } from './plan.ts'
import { OwnProgram, type Program } from './programs.ts'
import { makeCredentials, UNITS, VALUES_PER_UNIT, writeCentralSettings, writeGatewaySettings } from './setting.ts'
import { Truth } from './truth.ts'

/** What a run is made of. */
export interface CountyOptions {
  readonly directory: string
  readonly store: 'duckdb' | 'influxdb'
  readonly broker: 'aedes' | 'mosquitto'
}

/** Everything that runs. */
export interface ChaosCounty {
  readonly truth: Truth
  readonly devices: ModbusServer
  readonly programs: ReadonlyMap<Target, Program>
  readonly gatewayLink: Link
  readonly centralLink: Link
  readonly centralFile: string
  /** Port of the gateway's metrics; another one after each start. */
  probePort(): number
  close(): Promise<void>
}

/** Starts devices, broker, store, central and gateway. */
export async function startCounty({ directory, store, broker }: CountyOptions): Promise<ChaosCounty> {
  const credentials = makeCredentials(directory)
  const truth = await Truth.on(join(directory, 'tap.sock'))
  const devices = await startModbusSimulator({ units: UNITS, registersPerUnit: VALUES_PER_UNIT * 2 })
  const programs = new Map<Target, Program>()
  const closing: (() => Promise<unknown>)[] = [() => devices.close(), () => truth.close()]
  const influx = store === 'influxdb' ? await openInflux(closing) : undefined
  if (influx !== undefined) programs.set('influxdb', influx.program)
  const brokerPort = await openBroker(broker, { directory, credentials, programs, closing })
  const gatewayLink = await Link.to(brokerPort)
  const centralLink = await Link.to(brokerPort)
  const centralFile = writeCentralSettings({ directory, port: await freePort(), brokerPort: centralLink.port, passwordFile: credentials.ingestPasswordFile, ...(influx && { influxUrl: influx.url }) })
  const central = new OwnProgram({ name: 'central', script: 'central/main.ts', args: ['run', '--config', centralFile, '--json'], directory })
  await central.start()
  programs.set('central', central)
  const gatewayFile = writeGatewaySettings({ directory, devicePort: devices.port, brokerPort: gatewayLink.port, tapSocket: join(directory, 'tap.sock'), passwordFile: credentials.gatewayPasswordFile })
  const gateway = new OwnProgram({ name: 'gateway', script: 'edge/cli/main.ts', args: ['run', '--config', gatewayFile], directory })
  await gateway.start()
  programs.set('gateway', gateway)
  return {
    truth,
    devices,
    programs,
    gatewayLink,
    centralLink,
    centralFile,
    probePort: () => Number(gateway.said['probePort']),
    close: async () => {
      for (const program of [gateway, central]) await program.stop()
      for (const close of [() => gatewayLink.close(), () => centralLink.close(), ...closing.toReversed()]) await close()
    },
  }
}

async function openInflux(closing: (() => Promise<unknown>)[]): Promise<{ readonly url: string; readonly program: Program }> {
  if (!isInfluxdAvailable()) throw chaosErrors.MISSING_SERVICE({ service: 'influxdb' })
  const server = await startInfluxd()
  closing.push(() => server[Symbol.asyncDispose]())
  return { url: server.url, program: { start: () => server.restart(), kill9: () => server.kill9(), stop: () => server.stop() } }
}

async function openBroker(
  kind: 'aedes' | 'mosquitto',
  parts: { readonly directory: string; readonly credentials: ReturnType<typeof makeCredentials>; readonly programs: Map<Target, Program>; readonly closing: (() => Promise<unknown>)[] },
): Promise<number> {
  const { directory, credentials, programs, closing } = parts
  if (kind === 'mosquitto') {
    if (!isMosquittoAvailable()) throw chaosErrors.MISSING_SERVICE({ service: 'mosquitto' })
    const server = await startMosquitto((place) => ({ ...mosquittoFiles(credentials.content, place) }))
    closing.push(() => server.stop())
    programs.set('broker', { start: () => server.restart(), kill9: () => server.kill9(), stop: () => server.stop() })
    return server.port
  }
  const port = await freePort()
  const program = new OwnProgram({ name: 'broker', script: 'central/broker/main.ts', args: ['run', '--port', String(port), '--credentials', credentials.file], directory })
  await program.start()
  closing.push(() => program.stop())
  programs.set('broker', program)
  return port
}
