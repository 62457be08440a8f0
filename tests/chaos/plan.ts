import type { Dice } from '../dice.ts'

/** What can be killed. */
export type Target = 'gateway' | 'broker' | 'central' | 'influxdb'

/** One blow: perhaps first a cut of the link that makes a backlog, then a kill -9, then a pause before the restart. */
export interface Blow {
  readonly target: Target
  /** How long the gateway's link is cut before, ms; 0 for a kill in the middle of live data. */
  readonly cutMs: number
  /** From the link's return (or from now) to the kill, ms: while the backlog drains. */
  readonly waitMs: number
  readonly downMs: number
  /** Also cuts the link between central and broker for this long after the restart, ms. */
  readonly centralCutMs: number
  readonly calmMs: number
}

/** A seeded sequence of blows: every target about equally often, half of them during a backlog. */
export function planBlows(kills: number, targets: readonly Target[], dice: Dice): Blow[] {
  // The first three must be hit at least eight times in thirty, whatever else there is to hit.
  const fair = Array.from({ length: kills }, (_, i): Target => {
    const target = targets[i % targets.length] as Target
    return target === 'influxdb' && i >= 6 * targets.length ? (targets[i % 3] as Target) : target
  })
  return dice.shuffle(fair).map((target, i) => ({
    target,
    cutMs: i % 2 === 0 ? dice.between(1_500, 4_000) : 0,
    waitMs: i % 2 === 0 ? dice.between(150, 900) : dice.between(0, 1_500),
    downMs: dice.between(50, 1_500),
    centralCutMs: dice.next() < 0.25 ? dice.between(1_000, 3_000) : 0,
    calmMs: dice.between(500, 2_500),
  }))
}
