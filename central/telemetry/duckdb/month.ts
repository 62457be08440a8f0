/** A calendar month in UTC: one file of the store. */
export interface Month {
  /** `2026-11`. */
  readonly name: string
  readonly fromMs: number
  readonly toMs: number
}

const FILE = /^samples-(?<year>\d{4})-(?<month>\d{2})\.duckdb$/

/** The month that holds a time. */
export function monthOf(timeMs: number): Month {
  const date = new Date(timeMs)
  return monthAt(date.getUTCFullYear(), date.getUTCMonth())
}

/** The file name of a month. */
export function fileOfMonth(month: Month): string {
  return `samples-${month.name}.duckdb`
}

/** The month of a file name, if it is one of the store's. */
export function monthOfFile(file: string): Month | undefined {
  const groups = FILE.exec(file)?.groups
  if (groups === undefined) return undefined
  const index = Number(groups['month']) - 1
  return index >= 0 && index < 12 ? monthAt(Number(groups['year']), index) : undefined
}

/** The name under which DuckDB knows the file of a month. */
export function catalogOfMonth(month: Month): string {
  return `m${month.name.replace('-', '_')}`
}

function monthAt(year: number, index: number): Month {
  const name = `${String(year).padStart(4, '0')}-${String(index + 1).padStart(2, '0')}`
  return { name, fromMs: Date.UTC(year, index, 1), toMs: Date.UTC(year, index + 1, 1) }
}
