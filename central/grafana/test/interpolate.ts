/* Puts values into queries as Grafana does before it asks, as far as our dashboards use it; anything else is a mistake here. */

/** An option of a variable. */
export interface Option {
  readonly text: string
  readonly value: string
}

/** What is chosen, and the span that is looked at. */
export interface Choice {
  readonly variables: ReadonlyMap<string, readonly Option[]>
  readonly fromMs: number
  readonly toMs: number
  /** Of `$__interval`. */
  readonly intervalMs: number
}

const REFERENCE = /\$\{(?<braced>[a-zA-Z_]\w*)(?::(?<format>\w+))?\}|\$(?<bare>[a-zA-Z_]\w*)/g

/** Names that Grafana itself knows. */
export const BUILT_IN: ReadonlySet<string> = new Set(['__from', '__to', '__interval', 'timeFilter', 'col'])

/** Names of the variables that a text uses. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(REFERENCE)].map(({ groups }) => groups?.['braced'] ?? groups?.['bare'] ?? '')
}

/** The text with every reference replaced. Throws RangeError for a name or format that nobody defined. */
export function interpolate(text: string, choice: Choice): string {
  return text.replaceAll(REFERENCE, (_, braced: string | undefined, format: string | undefined, bare: string | undefined) => {
    const name = braced ?? bare ?? ''
    const builtIn = builtInValue(name, choice)
    if (builtIn !== undefined) return builtIn
    const options = choice.variables.get(name)
    if (options === undefined) throw new RangeError(`nobody defined $${name}`)
    return formatOf(options, format ?? 'raw')
  })
}

function builtInValue(name: string, { fromMs, toMs, intervalMs }: Choice): string | undefined {
  const values: Readonly<Record<string, string>> = {
    __from: String(fromMs),
    __to: String(toMs),
    __interval: `${intervalMs}ms`,
    timeFilter: `time >= ${fromMs}ms and time <= ${toMs}ms`,
  }
  return values[name]
}

function formatOf(options: readonly Option[], format: string): string {
  const values = options.map(({ value }) => value)
  if (format === 'text') return options.map(({ text }) => text).join(' + ')
  if (format === 'sqlstring') return values.map((value) => `'${value.replaceAll("'", "''")}'`).join(',')
  if (format === 'pipe') return values.join('|')
  if (format === 'csv' || format === 'raw') return values.join(',')
  throw new RangeError(`no such format: ${format}`)
}
