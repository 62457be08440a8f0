import type { Language } from './preferences.tsx'

/** Everything is shown in China Standard Time, wherever the browser stands; it has no summer time. */
export const DISPLAY_ZONE = 'Asia/Shanghai'

/** China Standard Time is ahead of UTC by this much, all year. */
export const DISPLAY_OFFSET_MS = 8 * 3_600_000

const DAY_MS = 86_400_000

/** `HH:mm:ss`. */
export function formatTime(timeMs: number): string {
  return shifted(timeMs).slice(11, 19)
}

/** `YYYY-MM-DD HH:mm:ss`. */
export function formatDateTime(timeMs: number): string {
  return shifted(timeMs).slice(0, 19).replace('T', ' ')
}

/** `HH:mm:ss` today, `MM-DD HH:mm:ss` otherwise. */
export function formatMoment(timeMs: number, nowMs: number): string {
  return isSameDay(timeMs, nowMs) ? formatTime(timeMs) : formatDateTime(timeMs).slice(5)
}

/** A moment for `<input type="datetime-local">`. */
export function toInputValue(timeMs: number): string {
  return shifted(timeMs).slice(0, 19)
}

/** UTC milliseconds of what such an input says, or undefined. */
export function fromInputValue(text: string): number | undefined {
  const match = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?/.exec(text)
  if (!match) return undefined
  const utcMs = Date.parse(`${match[0]}${match[1] === undefined ? ':00' : ''}Z`)
  return Number.isNaN(utcMs) ? undefined : utcMs - DISPLAY_OFFSET_MS
}

/** A span in the two largest units that say something: `3 分 20 秒`, `2 d 4 h`. */
export function formatSpan(spanMs: number, language: Language): string {
  const units = language === 'zh' ? ZH_UNITS : EN_UNITS
  const seconds = Math.max(0, Math.floor(spanMs / 1_000))
  const [d, h, min, s] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
  if (d > 0) return h > 0 ? `${d} ${units.d} ${h} ${units.h}` : `${d} ${units.d}`
  if (h > 0) return min > 0 ? `${h} ${units.h} ${min} ${units.min}` : `${h} ${units.h}`
  if (min > 0) return s > 0 ? `${min} ${units.min} ${s} ${units.s}` : `${min} ${units.min}`
  return `${s} ${units.s}`
}

const ZH_UNITS = { d: '天', h: '小时', min: '分', s: '秒' }
const EN_UNITS = { d: 'd', h: 'h', min: 'min', s: 's' }

function isSameDay(aMs: number, bMs: number): boolean {
  return Math.floor((aMs + DISPLAY_OFFSET_MS) / DAY_MS) === Math.floor((bMs + DISPLAY_OFFSET_MS) / DAY_MS)
}

function shifted(timeMs: number): string {
  const date = new Date(timeMs + DISPLAY_OFFSET_MS)
  return Number.isNaN(date.getTime()) ? '----------T--:--:--' : date.toISOString()
}
