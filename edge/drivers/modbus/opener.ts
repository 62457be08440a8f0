import type { ModbusLineConfig } from './config.ts'
import { SerialOpener } from './serial.ts'
import { openTcp, type Transport, type TransportEvents } from './transport.ts'

/** Opens the transport of a line as often as needed. */
export interface Opener {
  /** Rejects with MODBUS_CONNECT_FAILED or MODBUS_PORT_FAILED. */
  open(events: TransportEvents, signal: AbortSignal): Promise<Transport>
  /** Resolves when nothing of the last transport is held any more. */
  released(): Promise<void>
  /** Where it leads, for logs and errors. */
  readonly place: Readonly<Record<string, string | number>>
}

/** The opener of a checked configuration. */
export function openerOf(config: ModbusLineConfig): Opener {
  const { host = '', port, connectTimeoutMs, serial } = config
  if (serial === undefined) return { open: (events, signal) => openTcp({ host, port, connectTimeoutMs }, events, signal), released: () => Promise.resolve(), place: { host, port } }
  const opener = new SerialOpener(serial)
  return { open: (events) => opener.open(events), released: () => opener.released(), place: { path: serial.path } }
}
