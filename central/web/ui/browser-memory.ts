/** What this browser was asked to keep under a name. Storage can be forbidden by policy; the portal then works and merely forgets. */
export function recall(name: string): string | null {
  try {
    return window.localStorage.getItem(`orewatch.${name}`)
  } catch {
    return null
  }
}

/** Keeps a choice in this browser. */
export function keep(name: string, value: string): void {
  try {
    window.localStorage.setItem(`orewatch.${name}`, value)
  } catch {
    // Nothing is lost but the memory of a choice.
  }
}
