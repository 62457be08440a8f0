import { connect, type Socket } from 'node:net'
import { simulationErrors } from './errors.ts'

/** A client that sends and receives bytes as they are, for tests of what is on the wire. */
export class RawClient {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #isEnded = false
  #wake: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake?.()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#isEnded = true
      this.#wake?.()
    })
  }

  /** Connects to a port of this machine. */
  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new RawClient(socket)
  }

  /** Whether the other side has ended or reset the connection. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Sends bytes written as hexadecimal; blanks do not count. */
  send(hex: string): void {
    this.#socket.write(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
  }

  /** The next bytes as hexadecimal; rejects with SIM_SILENT when they do not come in time. */
  async receive(bytes: number, timeoutMs = 5_000): Promise<string> {
    await this.#until(() => this.#received.length >= bytes, timeoutMs)
    if (this.#received.length < bytes) throw simulationErrors.SILENT({ wanted: bytes, got: this.#received.toString('hex') })
    const taken = this.#received.subarray(0, bytes)
    this.#received = this.#received.subarray(bytes)
    return taken.toString('hex')
  }

  /** Waits until the other side has ended the connection. */
  async ended(timeoutMs = 5_000): Promise<void> {
    await this.#until(() => this.#isEnded, timeoutMs)
    if (!this.#isEnded) throw simulationErrors.SILENT({ wanted: 'end of the connection' })
  }

  close(): void {
    this.#socket.destroy()
  }

  async #until(isDone: () => boolean, timeoutMs: number): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs)
    while (!isDone() && !this.#isEnded && !deadline.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        deadline.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }
}
