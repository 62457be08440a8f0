/* Which link of the way failed: one root, and everything behind it suppressed by design (ALG-16). */

/** One link on the way of a reading. The tree has its root at the end of the way: ingest, then broker, uplink, gateway, bus, sensor. */
export interface Link {
  readonly id: string
  readonly kind: 'sensor' | 'bus' | 'gateway' | 'uplink' | 'broker' | 'ingest'
  /** Time of its newest sign of life, UTC ms; absent where the link has no heartbeat of its own. */
  readonly heardMs?: number
  /** Silence longer than this is a failure, ms. */
  readonly limitMs: number
  readonly children?: readonly Link[]
}

/** A failure and what it explains. */
export interface LinkFailure {
  readonly link: string
  readonly kind: Link['kind']
  /** Since when nothing was heard of it, UTC ms; the newest sign of anything behind it where it has no heartbeat. */
  readonly sinceMs: number
  /** Every link behind it: their silence follows and is no alarm of its own. */
  readonly suppressed: readonly string[]
}

/** The failures that explain all silence in a tree, nearest to the root first; none explains another. */
export function findFailingLinks(root: Link, nowMs: number): LinkFailure[] {
  if (isSilent(root, nowMs)) {
    return [{ link: root.id, kind: root.kind, sinceMs: root.heardMs ?? newestOf(root), suppressed: descendants(root) }]
  }
  return (root.children ?? []).flatMap((child) => findFailingLinks(child, nowMs))
}

// A link without heartbeat is judged by what lies behind it: two or more, all silent, have one cause. One alone is its own.
function isSilent(link: Link, nowMs: number): boolean {
  if (link.heardMs !== undefined) return nowMs - link.heardMs > link.limitMs
  const children = link.children ?? []
  return children.length > 1 && children.every((child) => isSilent(child, nowMs))
}

function newestOf(link: Link): number {
  return Math.max(link.heardMs ?? Number.NEGATIVE_INFINITY, ...(link.children ?? []).map(newestOf))
}

function descendants(link: Link): string[] {
  return (link.children ?? []).flatMap((child) => [child.id, ...descendants(child)])
}
