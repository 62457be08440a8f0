import { RawClient } from './raw-client.ts'

/** Reads holding registers of unit 1 from a simulator on a Modbus TCP port, without any of the gateway's code. */
export class RegisterReader {
  readonly #client: RawClient

  private constructor(client: RawClient) {
    this.#client = client
  }

  static async connect(port: number): Promise<RegisterReader> {
    return new RegisterReader(await RawClient.connect(port))
  }

  /** The bytes of some registers, or the exception code with which the device refuses them. */
  async read(address: number, count: number): Promise<Buffer | number> {
    const word = (value: number): string => value.toString(16).padStart(4, '0')
    this.#client.send(`000100000006 01 03 ${word(address)} ${word(count)}`)
    const head = await this.#client.receive(9)
    // An exception is nine bytes long; an answer has its byte count there.
    if (head.slice(14, 16) === '83') return Number.parseInt(head.slice(16), 16)
    return Buffer.from(await this.#client.receive(2 * count), 'hex')
  }

  /** A float32 at an address, big-endian. */
  async float(address: number): Promise<number> {
    const bytes = await this.read(address, 2)
    return typeof bytes === 'number' ? Number.NaN : bytes.readFloatBE(0)
  }

  /** A register as an unsigned number. */
  async word(address: number): Promise<number> {
    const bytes = await this.read(address, 1)
    return typeof bytes === 'number' ? Number.NaN : bytes.readUInt16BE(0)
  }

  close(): void {
    this.#client.close()
  }
}
