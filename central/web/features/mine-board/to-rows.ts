import type { DeviceSummary, Latest, Point } from '../../api/contract.ts'
import { judge, type Standing } from '../../reading/judgement.ts'

/** What the board shows of a mine. */
export interface BoardFilter {
  readonly text: string
  /** `gateway/device`, or undefined for all. */
  readonly deviceKey?: string
  readonly sensorType?: string
  readonly standing?: 'good' | 'bad' | 'stale'
}

/** Counts of points by how they stand. */
export interface Counts {
  readonly good: number
  readonly bad: number
  readonly stale: number
  readonly none: number
}

/** A device with what is known of it and counts of its points. */
export interface DeviceGroup {
  readonly key: string
  readonly device: DeviceSummary
  readonly counts: Counts
}

/** A row of the board: the head of a device, or one of its points. */
export type BoardRow = { readonly kind: 'device'; readonly key: string; readonly group: DeviceGroup } | { readonly kind: 'point'; readonly key: string; readonly point: Point }

/** The rows of a board and what stands beside them. */
export interface Board {
  readonly rows: readonly BoardRow[]
  readonly groups: readonly DeviceGroup[]
  readonly counts: Counts
  readonly shown: number
}

/** The key of a device within a mine. */
export function deviceKeyOf(part: { readonly gateway: string; readonly device: string }): string {
  return `${part.gateway}/${part.device}`
}

/** A mine in the order of the board; made once per answer, because sorting thousands of names takes longer than all the rest. */
export type Layout = readonly { readonly key: string; readonly device: DeviceSummary; readonly points: readonly Point[] }[]

/** Sorts a mine: devices by name, their points by name; devices that only points name are added. */
export function layOut(content: { readonly devices: readonly DeviceSummary[]; readonly points: readonly Point[] }): Layout {
  const devices = new Map(content.devices.map((device) => [deviceKeyOf(device), device]))
  const pointsByDevice = Map.groupBy(content.points, deviceKeyOf)
  for (const [key, [first]] of pointsByDevice) {
    if (!devices.has(key) && first) devices.set(key, { gateway: first.gateway, device: first.device })
  }
  return [...devices].map(([key, device]) => ({ key, device, points: (pointsByDevice.get(key) ?? []).toSorted(byName) })).toSorted((a, b) => collator.compare(a.key, b.key))
}

/** The rows of a mine at a moment; devices without a matching point are left out. */
export function toBoard(layout: Layout, filter: BoardFilter, at: { readonly nowMs: number; readonly latestOf: (point: Point) => Latest | undefined }): Board {
  const rows: BoardRow[] = []
  const groups: DeviceGroup[] = []
  const total = { good: 0, bad: 0, stale: 0, none: 0 }
  let shown = 0
  for (const { key, device, points } of layout) {
    const counts = { good: 0, bad: 0, stale: 0, none: 0 }
    const matching: Point[] = []
    for (const point of points) {
      const standing = judge(at.latestOf(point), point.periodMs, at.nowMs)
      counts[standing] += 1
      total[standing] += 1
      if (isShown(point, standing, filter)) matching.push(point)
    }
    const group: DeviceGroup = { key, device, counts }
    groups.push(group)
    if (filter.deviceKey !== undefined && filter.deviceKey !== key) continue
    if (matching.length === 0 && (isNarrowed(filter) || filter.deviceKey === undefined)) continue
    rows.push({ kind: 'device', key: `device ${key}`, group })
    for (const point of matching) rows.push({ kind: 'point', key: point.pointCode, point })
    shown += matching.length
  }
  return { rows, groups, counts: total, shown }
}

function isShown(point: Point, standing: Standing, filter: BoardFilter): boolean {
  if (filter.standing !== undefined && filter.standing !== (standing === 'none' ? 'bad' : standing)) return false
  if (filter.sensorType !== undefined && filter.sensorType !== point.sensorType) return false
  const text = filter.text.trim().toLowerCase()
  if (text === '') return true
  return [point.name, point.metric, point.pointCode, point.place ?? ''].some((part) => part.toLowerCase().includes(text))
}

function isNarrowed(filter: BoardFilter): boolean {
  return filter.standing !== undefined || filter.sensorType !== undefined || filter.text.trim() !== ''
}

// One collator for all: making one per comparison costs more than comparing.
const collator = new Intl.Collator('zh-CN', { numeric: true })

function byName(a: Point, b: Point): number {
  return collator.compare(a.name, b.name) || (a.pointCode < b.pointCode ? -1 : 1)
}
