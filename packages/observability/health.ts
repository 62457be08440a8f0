/** State of one part of a program, as `/healthz` and `/readyz` tell it. */
export interface PartHealth {
  readonly ok: boolean
  /** A sentence for a person: what is wrong, or what it does. */
  readonly note: string
}

/** Collects the parts of a program and answers whether it lives and whether it can do its work. */
export class Health {
  readonly #parts = new Map<string, () => PartHealth>()

  /** Registers a part; its check must be cheap and must not throw. */
  add(name: string, check: () => PartHealth): void {
    this.#parts.set(name, check)
  }

  /** All parts; ready when all are ok. */
  report(): { readonly ready: boolean; readonly parts: Readonly<Record<string, PartHealth>> } {
    const parts = Object.fromEntries([...this.#parts].map(([name, check]) => [name, check()]))
    return { ready: Object.values(parts).every((part) => part.ok), parts }
  }
}
