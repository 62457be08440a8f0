import { type Alias, type Document, isAlias, isScalar, type Pair, type Scalar, visit } from 'yaml'

/** A place in a YAML text that is valid YAML and yet no plain data. */
export interface PlainFlaw {
  /** Characters from the start of the text. */
  readonly offset: number
  readonly message: string
}

// The validator drops these silently to guard prototypes: whatever stood there would be lost.
const FORBIDDEN_KEYS: ReadonlySet<unknown> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * What a configuration may not use of YAML because it cannot be read as it stands: aliases without or inside their
 * anchor, keys that are no words, whole numbers that a double cannot hold.
 */
export function findPlainFlaws(document: Document.Parsed): PlainFlaw[] {
  const flaws: PlainFlaw[] = []
  const add = (node: { readonly range?: readonly number[] | null | undefined }, message: string): void => {
    flaws.push({ offset: node.range?.[0] ?? 0, message })
  }
  visit(document, {
    Alias: (_, alias, path) => {
      const why = aliasFlaw(alias, document, path)
      if (why !== undefined) add(alias, why)
    },
    Pair: (_, pair) => {
      const why = keyFlaw(pair)
      if (why !== undefined) add(rangeOf(pair), why)
    },
    Scalar: (_, scalar) => {
      if (isRounded(scalar)) add(scalar, `${scalar.source} is a whole number that would be rounded to ${String(scalar.value)}; only up to 9007199254740991 are they exact`)
    },
  })
  return flaws
}

function aliasFlaw(alias: Alias, document: Document.Parsed, path: readonly unknown[]): string | undefined {
  const target = alias.resolve(document)
  if (target === undefined) return `*${alias.source} has no anchor &${alias.source} before it`
  return path.includes(target) ? `*${alias.source} stands inside its own anchor` : undefined
}

function keyFlaw({ key }: Pair): string | undefined {
  if (isAlias(key) || !isScalar(key) || (typeof key.value !== 'string' && typeof key.value !== 'number')) return 'a key must be a plain word'
  return FORBIDDEN_KEYS.has(key.value) ? `${String(key.value)} is not a known key` : undefined
}

function rangeOf({ key, value }: Pair): { readonly range?: readonly number[] | null | undefined } {
  return [key, value].find((node): node is Scalar => typeof node === 'object' && node !== null && 'range' in node) ?? {}
}

function isRounded({ value, source }: Scalar): boolean {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?\d+$/.test(source ?? '')
}
