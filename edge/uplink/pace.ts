/** A token bucket: keeps the backlog within its share of the link. */
export class Pace {
  readonly #bytesPerSecond: number
  #tokens: number
  #atMs = Number.NaN

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond
    this.#tokens = bytesPerSecond
  }

  /** Whether something may be sent now; `nowMs` is monotonic. A bucket may go into debt by one message. */
  isOpen(nowMs: number): boolean {
    if (!Number.isNaN(this.#atMs)) this.#tokens = Math.min(this.#bytesPerSecond, this.#tokens + ((nowMs - this.#atMs) / 1000) * this.#bytesPerSecond)
    this.#atMs = nowMs
    return this.#tokens > 0
  }

  /** That many bytes were sent. */
  spend(bytes: number): void {
    this.#tokens -= bytes
  }
}
