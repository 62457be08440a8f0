/*
 * When the annunciator sounds, and how. Pure. One sound however many alarms come: the most severe of them; red repeats
 * until somebody has signed for it.
 */
import type { AlarmItem, AlarmLevel } from '../api/contract.ts'
import { ALARM_LEVELS } from '../api/contract.ts'
import { rankOf } from './levels.ts'

/** From one sound of a red alarm to the next while nobody has signed. */
export const RED_REPEAT_MS = 5_000
/** Two sounds never begin closer together than this, whatever comes. */
export const SHORTEST_GAP_MS = 2_500
/** How long the sound stays away when somebody mutes it. */
export const MUTE_MS = 300_000

/** Two tones that change places. */
export interface TonePattern {
  readonly hz: readonly [high: number, low: number]
  /** How often the pair is played. */
  readonly pairs: number
  readonly toneMs: number
}

/** One pattern per level: the more severe, the higher, the faster and the more often. All end before the shortest gap. */
export const PATTERNS: Readonly<Record<AlarmLevel, TonePattern>> = {
  red: { hz: [960, 770], pairs: 5, toneMs: 180 },
  orange: { hz: [800, 640], pairs: 3, toneMs: 250 },
  yellow: { hz: [640, 512], pairs: 2, toneMs: 320 },
  blue: { hz: [480, 400], pairs: 1, toneMs: 400 },
}

/** What the annunciator remembers: the rank at which each calling alarm was last sounded. */
export interface SirenMemory {
  readonly sounded: ReadonlyMap<string, number>
  readonly lastMs: number
}

/** Nothing has sounded yet. */
export const SILENT: SirenMemory = { sounded: new Map(), lastMs: Number.NEGATIVE_INFINITY }

/** Whether to sound now. What comes while the sound is off or muted is kept for when it is back. */
export function planSound(
  calling: readonly AlarmItem[],
  memory: SirenMemory,
  at: { readonly nowMs: number; readonly canSound: boolean; readonly mutedUntilMs: number },
): { readonly memory: SirenMemory; readonly play?: AlarmLevel } {
  const sounded = keepCalling(calling, memory.sounded)
  const kept: SirenMemory = { sounded, lastMs: memory.lastMs }
  if (!at.canSound || at.nowMs < at.mutedUntilMs || at.nowMs - memory.lastMs < SHORTEST_GAP_MS) return { memory: kept }
  let highest = -1
  for (const { id, level } of calling) {
    const rank = rankOf(level)
    const isRepeated = level === 'red' && at.nowMs - memory.lastMs >= RED_REPEAT_MS
    if (isRepeated || rank > (sounded.get(id) ?? -1)) highest = Math.max(highest, rank)
  }
  const play = ALARM_LEVELS[highest]
  if (play === undefined) return { memory: kept }
  return { memory: { sounded: new Map(calling.map(({ id, level }) => [id, rankOf(level)])), lastMs: at.nowMs }, play }
}

/** Alarms that a person has not been told of yet, or that have become more severe since. */
export function newcomersOf(calling: readonly AlarmItem[], told: ReadonlyMap<string, number>): readonly AlarmItem[] {
  return calling.filter(({ id, level }) => rankOf(level) > (told.get(id) ?? -1))
}

// Who signed for is forgotten, so that it sounds again when it calls again.
function keepCalling(calling: readonly AlarmItem[], sounded: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  if (sounded.size === 0) return sounded
  return new Map(calling.flatMap(({ id }) => (sounded.has(id) ? [[id, sounded.get(id) ?? -1] as const] : [])))
}
