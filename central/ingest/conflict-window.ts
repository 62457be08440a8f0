/** What the window knows of a sample. */
export type WindowVerdict = 'new' | 'same' | 'conflict'

/**
 * The latest (point, time, value, quality) seen, in a fixed table: catches contradictions for stores that cannot.
 * A slot holds one sample and a newer one takes its place, so memory is bounded and old samples are forgotten.
 */
export class ConflictWindow {
  readonly #mask: number
  readonly #point: Int32Array
  readonly #timeMs: Float64Array
  readonly #value: Float64Array
  readonly #quality: Uint8Array

  /** `slots` is rounded up to a power of two; each takes 21 bytes. */
  constructor(slots = 1 << 20) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, slots)))
    this.#mask = size - 1
    this.#point = new Int32Array(size)
    this.#timeMs = new Float64Array(size)
    this.#value = new Float64Array(size)
    this.#quality = new Uint8Array(size)
  }

  /** Compares a sample with the one of the same point and time, and remembers it when there was none. */
  check(point: number, timeMs: number, value: number, quality: number): WindowVerdict {
    const slot = mix(Math.imul(point, 0x9e3779b1) ^ ((timeMs % 4294967296) | 0)) & this.#mask
    if (this.#point[slot] === point && this.#timeMs[slot] === timeMs) {
      return Object.is(this.#value[slot], value) && this.#quality[slot] === quality ? 'same' : 'conflict'
    }
    this.#point[slot] = point
    this.#timeMs[slot] = timeMs
    this.#value[slot] = value
    this.#quality[slot] = quality
    return 'new'
  }
}

// The finaliser of MurmurHash3: times at a common period would otherwise fall into few slots.
function mix(bits: number): number {
  let h = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
