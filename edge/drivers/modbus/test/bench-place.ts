import type { ModbusSource } from '@orewatch/firmware-adapters'
import { makeBank, type ModbusServer, type RegisterBank, startModbusServer, writeFloat32 } from '@orewatch/firmware-adapters/simulation'
import { Value } from 'typebox/value'
import type { DeviceSpec, DriverContext } from '../../driver.ts'
import { contextOf, pointOf, RecordingSink } from '../../test/recording-sink.ts'
import { createModbusLine, ModbusLineConfig, type ModbusLineDriver } from '../index.ts'
import { openPtyBridge, type PtyBridge } from './pty-bridge.ts'
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.ts'

/** Settings that make a line notice and recover fast. */
export function fastConfig(port: number, more: Partial<ModbusLineConfig> = {}): ModbusLineConfig {
  const quick = { timeoutMs: 120, breakerPauseMs: 150, breakerMaxPauseMs: 300, reconnectMinMs: 50, reconnectMaxMs: 200, connectTimeoutMs: 1_000 }
  return Value.Default(ModbusLineConfig, { host: '127.0.0.1', port, ...quick, ...more }) as ModbusLineConfig
}

/** The same on a serial port. */
export function fastSerialConfig(path: string, more: Partial<ModbusLineConfig> = {}): ModbusLineConfig {
  const { host: _, ...rest } = fastConfig(1, {
    ...more,
    transport: 'rtu',
    serial: Value.Default(ModbusLineConfig.properties.serial, { path, baudRate: 115_200 }) as NonNullable<ModbusLineConfig['serial']>,
  })
  return rest
}

/** Holding register i holds 100 + i; from 50 on, float32 values i/2. */
export function knownBank(): RegisterBank {
  const bank = makeBank({ holding: 100, input: 100, coils: 32, discrete: 32 })
  for (let i = 0; i < 50; i++) bank.holding[i] = 100 + i
  for (let i = 50; i < 100; i += 2) writeFloat32(bank.holding, i, i / 2, 'ABCD')
  return { ...bank, identification: { vendor: 'Orewatch', product: 'bench', revision: '1.0' } }
}

/** A device with uint16 points at the given holding registers. */
export function deviceAt(id: string, unit: number, addresses: readonly number[], more: Partial<ModbusSource> = {}, quirks?: DeviceSpec['quirks']): DeviceSpec {
  const points = addresses.map((address) => pointOf(`p${address}`, { kind: 'modbus', modbus: { area: 'holding', address, type: 'uint16', ...more } }))
  return { id, unit, points, ...(quirks && { quirks }) }
}

/** A simulated place, a recording proxy before it, and a started line to it. */
export interface Place {
  readonly server: ModbusServer
  readonly proxy: RecordingProxy
  /** The serial port of a place with one. */
  readonly bridge: PtyBridge | undefined
  readonly sink: RecordingSink
  readonly line: ModbusLineDriver
  close(): Promise<void>
}

/** Opens a place with units 1 to 3. */
export async function openPlace(
  transport: ModbusLineConfig['transport'],
  devices: readonly DeviceSpec[],
  more: Partial<ModbusLineConfig> = {},
  context?: (sink: RecordingSink) => DriverContext,
): Promise<Place> {
  const framing = transport === 'tcp' ? 'tcp' : 'rtu-over-tcp'
  const server = await startModbusServer({
    units: new Map([
      [1, knownBank()],
      [2, knownBank()],
      [3, knownBank()],
    ]),
    framing,
  })
  const proxy = await startRecordingProxy(server.port, framing)
  const sink = new RecordingSink()
  const bridge = transport === 'rtu' ? await openPtyBridge(proxy.port) : undefined
  const config = bridge === undefined ? fastConfig(proxy.port, { transport, ...more }) : fastSerialConfig(bridge.path, more)
  const line = createModbusLine(config, context?.(sink) ?? contextOf(sink))
  for (const device of devices) line.setDevice(device)
  line.start()
  const close = async (): Promise<void> => {
    await line.stop()
    await bridge?.close()
    await proxy.close()
    await server.close()
  }
  return { server, proxy, bridge, sink, line, close }
}
