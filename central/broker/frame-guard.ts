import type { Socket } from 'node:net'

/**
 * Follows the MQTT packets of a byte stream and tells when one announces more than `maxBytes`. The parser of the broker
 * has no limit of its own and would gather up to 256 MB per connection before anybody could look.
 */
export class FrameGuard {
  readonly #maxBytes: number
  // Bytes of the current packet's body that are still to come; -1 while its length is being read.
  #body = -1
  #length = 0
  #scale = 1
  #headerBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Whether the packets so far are within the limit; false once one is too large or has no valid length. */
  accept(chunk: Uint8Array): boolean {
    let at = 0
    while (at < chunk.length) {
      if (this.#body > 0) {
        const step = Math.min(this.#body, chunk.length - at)
        this.#body -= step
        at += step
      } else if (!this.#header(chunk[at++] as number)) return false
      if (this.#body === 0) this.#restart()
    }
    return true
  }

  // MQTT 3.1.1, 2.2.3: the length is a varint of at most four bytes behind the first byte.
  #header(byte: number): boolean {
    if (this.#headerBytes++ === 0) return true
    this.#length += (byte & 0x7f) * this.#scale
    this.#scale *= 128
    if (this.#length > this.#maxBytes) return false
    if ((byte & 0x80) !== 0) return this.#headerBytes < 5
    this.#body = this.#length
    return true
  }

  #restart(): void {
    this.#body = -1
    this.#length = 0
    this.#scale = 1
    this.#headerBytes = 0
  }
}

/** Destroys a socket as soon as it announces an MQTT packet of more than `maxBytes`; `onExceeded` is called once before. */
export function guardFrames(socket: Socket, maxBytes: number, onExceeded: () => Error): void {
  const guard = new FrameGuard(maxBytes)
  const read = socket.read.bind(socket)
  // The broker pulls with read(); looking at what it gets costs a few operations per packet and no copy.
  socket.read = (size?: number): unknown => {
    const chunk: unknown = size === undefined ? read() : read(size)
    if (!(chunk instanceof Uint8Array) || guard.accept(chunk)) return chunk
    socket.destroy(onExceeded())
    return null
  }
}
