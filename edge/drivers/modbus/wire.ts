import type { ModbusLineConfig } from './config.ts'
import { frameBytes, type ModbusRequest } from './framing.ts'

// A character on an RTU line has 11 bits, by the specification also where there is no parity (Serial Line V1.02, 2.5.1).
const CHARACTER_BITS = 11
const FAST_BAUD = 19_200
const FAST_SILENCE_MS = 1.75

/** Time of one character on a serial line, ms. */
export function characterMs(baudRate: number): number {
  return (1000 * CHARACTER_BITS) / baudRate
}

/** Silence between two frames, ms: 3.5 characters, and 1.75 ms above 19200 baud (Modbus over Serial Line V1.02, 2.5.1.1). */
export function silenceMs(baudRate: number): number {
  return baudRate > FAST_BAUD ? FAST_SILENCE_MS : 3.5 * characterMs(baudRate)
}

/** The timing of what all devices of a line share: a bus carries one request at a time, with a pause after each. */
export class Wire {
  /** Whether the devices share one pair of wires. */
  readonly isBus: boolean
  readonly #baudRate: number | undefined
  #lastDoneMs = Number.NEGATIVE_INFINITY
  #lastGapMs = 0

  constructor({ transport, serial }: ModbusLineConfig) {
    this.isBus = transport === 'rtu-over-tcp' || transport === 'rtu'
    this.#baudRate = serial?.baudRate
  }

  /** An exchange is over, at a monotonic time in ms, with a device that wants `gapMs` of rest. */
  done(nowMs: number, gapMs: number): void {
    this.#lastDoneMs = nowMs
    this.#lastGapMs = gapMs
  }

  /** When a bus is free for a device that wants `gapMs` before its request; `lastByteMs` is when the last byte came, whoever sent it. Monotonic ms. */
  freeMs(gapMs: number, lastByteMs: number): number {
    const restedMs = this.#lastDoneMs + Math.max(this.#lastGapMs, gapMs)
    return this.#baudRate === undefined ? restedMs : Math.max(restedMs, Math.max(this.#lastDoneMs, lastByteMs) + silenceMs(this.#baudRate))
  }

  /** Time that a request and its answer take on a serial line, ms; 0 elsewhere. */
  travelMs(request: ModbusRequest): number {
    return this.#baudRate === undefined ? 0 : Math.ceil(characterMs(this.#baudRate) * frameBytes(request))
  }
}
