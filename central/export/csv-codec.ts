/*
 * Samples as CSV (RFC 4180) that Excel opens: a byte order mark, or it takes Chinese for another code page; CRLF; and no cell of text that
 * a spreadsheet would run as a formula. Columns: COLUMNS. Times are given twice, in Beijing time for people and as UTC ms for programs.
 */
import { type Quality, QUALITY_NAMES, reasonOf, type SampleColumns } from '@orewatch/core'
import { shownQuality } from './quality-rules.ts'

/** What the rows of one point have in common. */
export interface ExportedPoint {
  /** Register id. */
  readonly id: number
  readonly pointCode: string
  readonly name: string
  readonly unit: string
}

/** Titles of the columns, in their order. */
export const COLUMNS = ['测点编码', '测点名称', '单位', '时间', 'UTC毫秒', '数值', '质量码', '质量', '原因码', '原因', '标志', '网关时差毫秒'] as const

const BEIJING_MS = 8 * 3_600_000

/** The byte order mark and the line of titles. */
export function csvHead(): string {
  return `\uFEFF${COLUMNS.join(',')}\r\n`
}

/** One line for each sample. */
export function csvRows(point: ExportedPoint, samples: SampleColumns): string {
  const head = `${textCell(point.pointCode)},${textCell(point.name)},${textCell(point.unit)},`
  let text = ''
  for (let i = 0; i < samples.count; i++) {
    const timeMs = samples.timeMs[i] as number
    const quality = shownQuality(samples.quality[i] as number, samples.flags[i] as number)
    const reason = samples.reason[i] as number
    text += `${head}${beijingTime(timeMs)},${timeMs},${numberCell(samples.value[i] as number)},${quality},${QUALITY_NAMES[quality as Quality]?.zh ?? ''},`
    text += `${reason},${reasonOf(reason)},${samples.flags[i]},${samples.gatewayDeltaMs[i]}\r\n`
  }
  return text
}

/** Text as a cell. What a spreadsheet would run as a formula gets an apostrophe in front (OWASP, CSV injection). */
export function textCell(text: string): string {
  const harmless = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** A time as ISO 8601 in Beijing time, such as `2026-11-05T20:00:00.000+08:00`. */
export function beijingTime(timeMs: number): string {
  return new Date(timeMs + BEIJING_MS).toISOString().replace('Z', '+08:00')
}

// The shortest decimal that reads back as the same double; no value is an empty cell.
function numberCell(value: number): string {
  if (Number.isNaN(value)) return ''
  return Object.is(value, -0) ? '-0' : String(value)
}
