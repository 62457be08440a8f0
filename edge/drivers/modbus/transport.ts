import { connect } from 'node:net'
import { modbusErrors } from './errors.ts'

/** A byte stream to the devices of a line: a TCP connection or a serial port. */
export interface Transport {
  write(bytes: Buffer): void
  /** Holds writes back until `uncork`, so that several requests leave in one packet. */
  cork(): void
  uncork(): void
  /** Ends the stream at once; `onClose` follows if it had not come yet. Safe to call twice. */
  close(): void
}

/** What a transport tells its owner. */
export interface TransportEvents {
  onBytes(bytes: Buffer): void
  /** Exactly once, however the stream ended. */
  onClose(cause: string): void
}

/** Where a TCP transport goes and how long it tries. */
export interface TcpTarget {
  readonly host: string
  readonly port: number
  readonly connectTimeoutMs: number
}

/** Connects; rejects with MODBUS_CONNECT_FAILED. */
export function openTcp(target: TcpTarget, events: TransportEvents, signal: AbortSignal): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.host, port: target.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 })
    let isOpen = false
    let cause = 'closed by the device'
    const fail = (reason: string): void => {
      cause = reason
      socket.destroy()
    }
    const timer = setTimeout(() => fail(`no connection within ${target.connectTimeoutMs} ms`), target.connectTimeoutMs)
    const onAbort = (): void => fail('stopped')
    signal.addEventListener('abort', onAbort, { once: true })
    socket.on('error', (err: NodeJS.ErrnoException) => {
      cause = err.code ?? err.message
    })
    socket.on('data', (bytes) => events.onBytes(bytes))
    socket.on('end', () => socket.destroy())
    socket.once('connect', () => {
      isOpen = true
      clearTimeout(timer)
      resolve({
        write: (bytes) => {
          socket.write(bytes)
        },
        cork: () => socket.cork(),
        uncork: () => socket.uncork(),
        close: () => {
          socket.destroy()
        },
      })
    })
    socket.once('close', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      if (isOpen) events.onClose(cause)
      else reject(modbusErrors.CONNECT_FAILED({ host: target.host, port: target.port, cause }))
    })
  })
}
