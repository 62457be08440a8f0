import type { AlarmLevel } from '../api/contract.ts'
import { PATTERNS } from './siren-plan.ts'

// Loud enough for a control room at an ordinary setting, without the clipping of full scale.
const VOLUME = 0.35
// A tone that begins or ends abruptly clicks.
const RAMP_S = 0.012

/** Where the sound stands: `locked` waits for a gesture of the person, `missing` means that this browser has none. */
export type SirenState = 'ready' | 'locked' | 'missing'

/** The loudspeaker of the page. Browsers let it sound only after a gesture; close it. */
export class Siren {
  readonly #onState: (state: SirenState) => void
  #context: AudioContext | undefined
  #isClosed = false

  constructor(onState: (state: SirenState) => void) {
    this.#onState = onState
    queueMicrotask(() => this.#tell())
    if (typeof AudioContext === 'undefined') return
    try {
      this.#context = new AudioContext()
      this.#context.addEventListener('statechange', () => this.#tell())
    } catch {
      // No output device: the page stays silent and says so.
    }
  }

  /** Where it stands now. */
  get state(): SirenState {
    if (!this.#context || this.#context.state === 'closed') return 'missing'
    return this.#context.state === 'running' ? 'ready' : 'locked'
  }

  /** Unlocks the sound; to be called from a click or a key. */
  unlock(): void {
    if (this.state === 'locked') void this.#context?.resume().catch(() => undefined)
  }

  /** Plays the pattern of a level once; nothing is heard unless it is ready. */
  play(level: AlarmLevel): void {
    const context = this.#context
    if (!context || this.state !== 'ready') return
    const { hz, pairs, toneMs } = PATTERNS[level]
    const oscillator = context.createOscillator()
    const gain = context.createGain()
    const startS = context.currentTime + 0.02
    const toneS = toneMs / 1_000
    oscillator.type = 'square'
    gain.gain.setValueAtTime(0, startS)
    for (let i = 0; i < pairs * 2; i++) {
      const beginS = startS + i * toneS
      oscillator.frequency.setValueAtTime(i % 2 === 0 ? hz[0] : hz[1], beginS)
      gain.gain.setValueAtTime(0, beginS)
      gain.gain.linearRampToValueAtTime(VOLUME, beginS + RAMP_S)
      gain.gain.setValueAtTime(VOLUME, beginS + toneS - RAMP_S)
      gain.gain.linearRampToValueAtTime(0, beginS + toneS)
    }
    oscillator.connect(gain).connect(context.destination)
    oscillator.start(startS)
    oscillator.stop(startS + pairs * 2 * toneS)
    oscillator.addEventListener('ended', () => gain.disconnect())
  }

  /** Gives the loudspeaker back. */
  close(): void {
    const context = this.#context
    this.#context = undefined
    this.#isClosed = true
    if (context && context.state !== 'closed') void context.close()
  }

  #tell(): void {
    if (!this.#isClosed) this.#onState(this.state)
  }
}
