import type { TSchema } from 'typebox'

/** One thing that is wrong with a value: where, and a sentence that says what would be right. */
export interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The part of a validator's error that is used here. */
export interface SchemaError {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: unknown
  readonly message: string
}

/** Turns one schema error into sentences for a person; an empty list when another error says the same better. */
export function explainProblem(error: SchemaError, root: unknown, schema: TSchema): Problem[] {
  const path = parsePointer(error.instancePath, root)
  const found = `${subject(path)} is ${show(valueAt(root, path))}`
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'boolean':
      return [] // said by additionalProperties
    case 'const':
      return error.schemaPath.includes('/anyOf/') ? [] : [{ path, message: `${found}; it must be ${show(params['allowedValue'])}` }]
    case 'anyOf':
      return [{ path, message: `${found}; it must be ${alternatives(schemaAt(schema, error.schemaPath))}` }]
    case 'additionalProperties':
      return (params['additionalProperties'] as string[]).map((key) => ({ path: [...path, key], message: unknownKey(key, schemaAt(schema, error.schemaPath)) }))
    case 'required':
      return (params['requiredProperties'] as string[]).map((key) => ({ path: [...path, key], message: `${key} is missing${hint(schemaAt(schema, error.schemaPath), key)}` }))
    case 'type':
      return [{ path, message: `${found}; it must be of type ${String(params['type'])}${describe(schemaAt(schema, error.schemaPath))}` }]
    default:
      return [{ path, message: `${found}; it ${error.message}${describe(schemaAt(schema, error.schemaPath))}` }]
  }
}

/** The known word nearest to a mistyped one, if any is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
  ranked.sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined
}

// `devices[2].unit`, or `the document` for the root.
function subject(path: readonly (string | number)[]): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
  return text === '' ? 'the document' : text.replace(/^\./, '')
}

function unknownKey(key: string, schema: Record<string, unknown> | undefined): string {
  const known = Object.keys((schema?.['properties'] as object | undefined) ?? {})
  const near = nearest(key, known)
  const advice = near !== undefined ? `did you mean ${near}?` : `known keys are ${known.join(', ')}`
  // One problem is one line, whatever stands in the key.
  return `${/[\s\p{C}]|^$/u.test(key) ? JSON.stringify(key) : key} is not a known key; ${advice}`
}

function hint(schema: Record<string, unknown> | undefined, key: string): string {
  const properties = schema?.['properties'] as Record<string, Record<string, unknown>> | undefined
  const description = properties?.[key]?.['description']
  return typeof description === 'string' ? `: ${description}` : ''
}

function describe(schema: Record<string, unknown> | undefined): string {
  const description = schema?.['description']
  return typeof description === 'string' ? `: ${description}` : ''
}

function alternatives(schema: Record<string, unknown> | undefined): string {
  const branches = (schema?.['anyOf'] as Record<string, unknown>[] | undefined) ?? []
  const words = branches.map((branch) => ('const' in branch ? show(branch['const']) : shapeOf(branch)))
  return `one of ${words.join(', ')}${describe(schema)}`
}

function shapeOf(branch: Record<string, unknown>): string {
  const properties = branch['properties'] as Record<string, Record<string, unknown>> | undefined
  if (properties === undefined) return typeof branch['type'] === 'string' ? branch['type'] : 'another form'
  const tag = Object.entries(properties).find(([, property]) => 'const' in property)
  if (tag !== undefined) return `an object with ${tag[0]}: ${show(tag[1]['const'])}`
  return `an object with ${((branch['required'] as string[] | undefined) ?? Object.keys(properties)).join(', ')}`
}

function show(value: unknown): string {
  if (value === undefined) return 'missing'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

function schemaAt(root: TSchema, schemaPath: string): Record<string, unknown> | undefined {
  let node: unknown = root
  for (const step of schemaPath.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    node = (node as Record<string, unknown> | undefined)?.[unescapePointer(step)]
  }
  return node as Record<string, unknown> | undefined
}

function parsePointer(pointer: string, root: unknown): (string | number)[] {
  const path: (string | number)[] = []
  let node = root
  for (const step of pointer.split('/').slice(1).map(unescapePointer)) {
    const key = Array.isArray(node) ? Number(step) : step
    path.push(key)
    node = (node as Record<string, unknown> | undefined)?.[key]
  }
  return path
}

function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  let node = root
  for (const step of path) node = (node as Record<string, unknown> | undefined)?.[step]
  return node
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
