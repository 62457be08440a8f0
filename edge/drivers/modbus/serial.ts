/*
 * A serial port as a transport of RTU. The library is loaded with the first port that is opened, so that a gateway without
 * serial lines does not carry it. Not here: frames and the silence between them (channel.ts, line.ts).
 */
import type { SerialPort } from 'serialport'
import type { ModbusLineConfig } from './config.ts'
import { modbusErrors } from './errors.ts'
import type { Transport, TransportEvents } from './transport.ts'

/** Settings of a serial port. */
export type SerialTarget = NonNullable<ModbusLineConfig['serial']>

/** Opens one port again and again; a port is held by one opener, which waits until the last use of it is over. */
export class SerialOpener {
  readonly #target: SerialTarget
  #lastUse: Promise<void> = Promise.resolve()

  constructor(target: SerialTarget) {
    this.#target = target
  }

  /** Opens the port; rejects with MODBUS_PORT_FAILED. What lay in its buffers from before is thrown away. */
  async open(events: TransportEvents): Promise<Transport> {
    await this.#lastUse
    const port = await this.#openPort()
    const { promise, resolve: release } = Promise.withResolvers<void>()
    this.#lastUse = promise
    let cause = 'the serial port was closed'
    let isOver = false
    const over = (): void => {
      if (isOver) return
      isOver = true
      release()
      events.onClose(cause)
    }
    port.on('error', (err) => {
      cause = `the serial port failed: ${err.message}`
    })
    // A write that fails ends the stream and leaves the port open; a port that was pulled out is closed and says why.
    port.on('close', (err: Error | null | undefined) => {
      if (err instanceof Error) cause = `the serial port is gone: ${err.message}`
      if (port.isOpen) closePort(port, over)
      else if (!port.closing) over()
    })
    port.on('data', (bytes: Buffer) => events.onBytes(bytes))
    return {
      write: (bytes) => {
        port.write(bytes)
      },
      cork: () => {},
      uncork: () => {},
      close: () => closePort(port, over),
    }
  }

  /** Resolves when the port is free for other programs. */
  released(): Promise<void> {
    return this.#lastUse
  }

  async #openPort(): Promise<SerialPort> {
    const { path, baudRate, parity, stopBits } = this.#target
    const { SerialPort } = await import('serialport')
    const port = new SerialPort({ path, baudRate, parity, stopBits, dataBits: 8, autoOpen: false })
    const failure = await new Promise<Error | null>((resolve) => {
      port.open(resolve)
    })
    if (failure !== null && failure !== undefined) throw modbusErrors.PORT_FAILED({ path, cause: failure.message }, failure)
    await new Promise<void>((resolve) => {
      port.flush(() => resolve())
    })
    return port
  }
}

// `over` is called when the port is closed, whether that went well or not.
function closePort(port: SerialPort, over: () => void): void {
  if (!port.isOpen) return
  // What was not sent yet is dropped: closing would wait for it, for ever where the other end does not take it.
  port.flush(() => {
    if (port.isOpen) port.close(() => over())
    else if (!port.closing) over()
  })
}
