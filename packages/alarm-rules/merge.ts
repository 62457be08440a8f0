/** What two episodes need to be one alarm to an operator. */
export interface Episode {
  readonly subject: string
  readonly ruleId: string
  readonly startMs: number
  /** Absent while it lasts. */
  readonly endMs?: number
}

/** ALG-16: the same rule and subject within 30 minutes is one matter. */
export const MERGE_WITHIN_MS = 30 * 60_000

/** Joins episodes of one rule and subject that begin within 30 minutes of the end of the one before, or within it; ascending by start. */
export function mergeEpisodes<E extends Episode>(episodes: readonly E[]): { readonly first: E; readonly parts: readonly E[] }[] {
  const merged: { first: E; parts: E[] }[] = []
  const open = new Map<string, { entry: { first: E; parts: E[] }; endMs: number }>()
  for (const episode of episodes.toSorted((a, b) => a.startMs - b.startMs)) {
    const key = JSON.stringify([episode.subject, episode.ruleId])
    const endMs = episode.endMs ?? Number.POSITIVE_INFINITY
    const before = open.get(key)
    if (before !== undefined && episode.startMs - before.endMs <= MERGE_WITHIN_MS) {
      before.entry.parts.push(episode)
      before.endMs = Math.max(before.endMs, endMs)
    } else {
      const entry = { first: episode, parts: [episode] }
      merged.push(entry)
      open.set(key, { entry, endMs })
    }
  }
  return merged
}
