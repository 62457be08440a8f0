import { Q, SENSOR_TYPES } from '@orewatch/core'
import type { Latest } from '../api/contract.ts'

// A switch reports on change and repeats itself as a heartbeat every 60 s (transmission rules of S17).
const HEARTBEAT_MS = 60_000
// Three periods of a very fast point are shorter than the way itself takes.
const SHORTEST_LIMIT_MS = 15_000

/** How a reading may be shown. `stale` values are readable but old; `bad` values must not be shown as plain numbers. */
export type Standing = 'good' | 'bad' | 'stale' | 'none'

/** A value older than this is stale: three periods, as the transmission rules say, or three heartbeats. */
export function staleLimitMs(periodMs: number): number {
  return Math.max(SHORTEST_LIMIT_MS, 3 * (periodMs > 0 ? periodMs : HEARTBEAT_MS))
}

/** Whether a quality carries a usable value: good, entered by hand, or delivered late. */
export function isUsable(quality: number): boolean {
  return quality === Q.good || quality === Q.manual || quality === Q.backfilled
}

/** How the newest sample of a point stands at a moment. */
export function judge(latest: Latest | undefined, periodMs: number, nowMs: number): Standing {
  if (!latest) return 'none'
  if (!isUsable(latest.quality) || latest.value === null) return 'bad'
  return nowMs - latest.timeMs > staleLimitMs(periodMs) ? 'stale' : 'good'
}

/** A value with the decimals of its class; switches stay 0 and 1 here. */
export function formatValue(value: number, sensorType: string): string {
  const resolution = SENSOR_TYPES[sensorType]?.resolution ?? 0
  if (resolution > 0) return value.toFixed(Math.max(0, Math.ceil(-Math.log10(resolution))))
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)))
}

/** What 0 and 1 mean for a class of switch, in both languages; undefined where the class does not say. */
export function switchWord(value: number, sensorType: string): { readonly zh: string; readonly en: string } | undefined {
  const words = SWITCH_WORDS[sensorType]
  return value === 0 || value === 1 ? words?.[value] : undefined
}

const RUNNING = [
  { zh: '停', en: 'stopped' },
  { zh: '开', en: 'running' },
] as const
const SWITCH_WORDS: Readonly<Record<string, readonly [{ zh: string; en: string }, { zh: string; en: string }]>> = {
  '0109': [
    { zh: '无烟', en: 'clear' },
    { zh: '有烟', en: 'smoke' },
  ],
  '0203': RUNNING,
  '0204': RUNNING,
  '0205': [
    { zh: '关', en: 'closed' },
    { zh: '开', en: 'open' },
  ],
  '0304': RUNNING,
  '1007': [
    { zh: '分', en: 'off' },
    { zh: '合', en: 'on' },
  ],
}
