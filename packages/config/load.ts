import { readFileSync } from 'node:fs'
import { ConfigError } from '@orewatch/core'
import type { Static, TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { type Document, isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { explainProblem } from './explain.ts'
import { findPlainFlaws } from './plain.ts'

// TypeBox stops after 8 errors by default, and one wrong word in a choice of nine is ten errors: nothing was left to explain.
Settings.Set({ maxErrors: 256 })

// Copies that anchors may make: a few lines could otherwise unfold into gigabytes.
const MAX_ALIASES = 100

/** Where a text came from and where in it each value stands. */
export interface Located<T> {
  readonly value: T
  /** `file:line` of the value at a path such as `['devices', 0, 'host']`; the nearest parent's when it is absent. */
  readonly lineOf: (path: readonly (string | number)[]) => string
}

/**
 * Reads a YAML text against a schema: defaults are filled in, unknown keys refused.
 * Throws ConfigError with one problem per line, each `file:line: what is wrong; what would be right`.
 */
export function parseYaml<S extends TSchema>(text: string, schema: S, file: string): Located<Static<S>> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const flaws = [...document.errors, ...document.warnings].map((e) => ({ offset: e.pos[0], message: `not valid YAML: ${e.message}` }))
  const problems = (flaws.length > 0 ? flaws : findPlainFlaws(document)).map(({ offset, message }) => `${file}:${lines.linePos(offset).line}: ${message}`)
  if (problems.length > 0) throw new ConfigError([...new Set(problems)])
  const lineOf = (path: readonly (string | number)[]): string => `${file}:${lineAt(document, lines, path)}`
  const raw: unknown = toPlain(document, file) ?? {}
  const value = checkValue(raw, schema, lineOf)
  return { value, lineOf }
}

function toPlain(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause
    throw new ConfigError([`${file}:1: aliases unfold into more than ${MAX_ALIASES} copies; write the values out`])
  }
}

/** Reads a YAML file; see parseYaml. A file that cannot be read is a ConfigError too. */
export function loadYaml<S extends TSchema>(file: string, schema: S): Located<Static<S>> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError([`${file}: cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown error'}); the file must exist and be readable by this user`])
  }
  return parseYaml(text, schema, file)
}

/** Fills in defaults and checks a value; `locate` turns a path into the place named in a problem. */
export function checkValue<S extends TSchema>(raw: unknown, schema: S, locate: (path: readonly (string | number)[]) => string): Static<S> {
  const value = Value.Default(schema, Value.Clone(raw))
  const validator = validatorOf(schema)
  if (validator.Check(value)) return value as Static<S>
  const problems = new Set<string>()
  for (const error of validator.Errors(value)) {
    for (const { path, message } of explainProblem(error, value, schema)) problems.add(`${locate(path)}: ${message}`)
  }
  throw new ConfigError([...problems])
}

// Compiling a schema takes longer than checking a hundred documents with it, and a gateway loads a profile per device.
const validators = new WeakMap<TSchema, Validator>()

function validatorOf(schema: TSchema): Validator {
  const known = validators.get(schema)
  if (known !== undefined) return known
  const validator = Compile(schema)
  validators.set(schema, validator)
  return validator
}

function lineAt(document: Document.Parsed, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetOf(document.contents, path.slice(0, length))
    if (offset !== undefined) return lines.linePos(offset).line
  }
  return 1
}

function offsetOf(root: Node | null, path: readonly (string | number)[]): number | undefined {
  let node: unknown = root
  let offset = root?.range?.[0]
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String((item.key as { value?: unknown }).value) === String(step))
      if (pair === undefined) return undefined
      offset = (pair.key as Node).range?.[0]
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      offset = (node as Node | undefined)?.range?.[0]
    } else return undefined
  }
  return offset
}
