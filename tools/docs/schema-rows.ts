/*
 * A TypeBox schema (which is a JSON Schema) as rows of a table, and as a schema for editors. What has a default need not
 * be written, so it is not required of an editor.
 */

/** The parts of a JSON schema that the configuration uses. */
export interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: string | number | boolean
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly pattern?: string
}

/** One key of a configuration. */
export interface Row {
  readonly key: string
  readonly type: string
  /** As JSON; `required` or `optional` where there is none. */
  readonly fallback: string
  readonly description: string
}

/** The keys below a schema, in the order of the schema; `lines[].id` is the id of each line. */
export function rowsOf(schema: Schema, path = ''): Row[] {
  if (schema.anyOf !== undefined && !isChoiceOfWords(schema)) return schema.anyOf.flatMap((choice) => rowsOf(choice, `${path}${nameOfChoice(choice)}`))
  if (schema.type === 'array' && schema.items !== undefined) return rowsOf(schema.items, `${path}[]`)
  const named = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => keyRows(value, path === '' ? key : `${path}.${key}`, schema.required?.includes(key) === true))
  const patterned = Object.values(schema.patternProperties ?? {}).flatMap((value) => rowsOf(value, `${path}.*`))
  return [...named, ...patterned]
}

/** A Markdown table of rows. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ key, type, fallback, description }) => `| \`${key}\` | ${cell(type)} | ${cell(fallback)} | ${cell(description)} |`)
  return ['| Key | Type | Default | Meaning |', '|---|---|---|---|', ...lines].join('\n')
}

/** The schema for editors: what has a default is not required. */
export function editorSchema(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(editorSchema)
  if (typeof node !== 'object' || node === null) return node
  const schema = node as Schema
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, key === 'default' ? value : editorSchema(value)]))
  // A map of properties may have one that is called required.
  if (!Array.isArray(schema.required)) return copy
  const required = schema.required.filter((key) => schema.properties?.[key]?.default === undefined)
  const { required: _, ...rest } = copy
  return required.length === 0 ? rest : { ...rest, required }
}

/** Text for a cell of a table; what looks like a tag outside `code` would vanish from the page. */
export function cell(text: string): string {
  const parts = text.replaceAll('|', '\\|').replaceAll('\n', ' ').split('`')
  return parts.map((part, i) => (i % 2 === 0 ? part.replaceAll('<', '&lt;') : part)).join('`')
}

function keyRows(schema: Schema, key: string, isRequired: boolean): Row[] {
  const row = {
    key,
    type: typeOf(schema),
    fallback: schema.default === undefined ? (isRequired ? 'required' : 'optional') : `\`${JSON.stringify(schema.default)}\``,
    description: schema.description ?? '',
  }
  return [row, ...rowsOf(schema, key)]
}

function isChoiceOfWords({ anyOf }: Schema): boolean {
  return anyOf?.every((choice) => choice.properties === undefined) === true
}

function nameOfChoice({ properties }: Schema): string {
  const kind = properties?.['kind']?.const ?? properties?.['protocol']?.const
  return kind === undefined ? '' : ` (${String(kind)})`
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``
  if (schema.anyOf !== undefined)
    return schema.anyOf
      .map(typeOf)
      .filter((type, i, all) => all.indexOf(type) === i)
      .join(' or ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}${bounds(schema.minItems, schema.maxItems)}`
  if (schema.pattern !== undefined) return `string \`${schema.pattern}\``
  return `${schema.type ?? 'any'}${bounds(schema.minimum, schema.maximum)}`
}

function bounds(low: number | undefined, high: number | undefined): string {
  if (low === undefined && high === undefined) return ''
  if (high === undefined) return `, from ${low}`
  return low === undefined ? `, to ${high}` : `, ${low} to ${high}`
}
