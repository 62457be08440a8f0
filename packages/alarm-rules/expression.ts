/* Expressions over points, as data, in three-valued logic: what is not known makes nothing false. README.md shows the words. */

/** True, false, or not known. */
export type Truth = boolean | undefined

const COMPARATORS = ['ge', 'gt', 'le', 'lt', 'eq', 'ne'] as const
type Comparator = (typeof COMPARATORS)[number]
const QUANTITIES = ['every', 'some', 'sum', 'min', 'max'] as const
type Quantity = (typeof QUANTITIES)[number]

/** A parsed expression; `role` and `rule` say where its operands come from. */
export type Expression =
  | { readonly op: 'all'; readonly of: readonly Expression[] }
  | { readonly op: 'any'; readonly of: readonly Expression[] }
  | { readonly op: 'atLeast'; readonly n: number; readonly of: readonly Expression[] }
  | { readonly op: 'not'; readonly of: Expression }
  | {
      readonly op: 'compare'
      readonly quantity: Quantity | 'among'
      readonly n: number
      readonly role: string
      readonly comparator: Comparator
      readonly to: number
      readonly fact?: string
      readonly ifUnknown: Truth
    }

/** The known values of a role (what they lie above the fact, where one is asked for); `unknown` counts points whose value is not known. */
export interface Operands {
  readonly values: readonly number[]
  readonly unknown: number
}

/** Parses an expression; problems are sentences that name the place and what would be right. */
export function parseExpression(raw: unknown, place: string, roles: readonly string[], problems: string[]): Expression | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return fail(problems, place, 'an expression is an object such as { some: pump, eq: 0 }')
  const node = raw as Record<string, unknown>
  if ('all' in node || 'any' in node) return parseList(node, 'all' in node ? 'all' : 'any', place, roles, problems)
  if ('atLeast' in node && 'of' in node) return parseList(node, 'of', place, roles, problems)
  if ('not' in node) {
    const of = parseExpression(node['not'], `${place}.not`, roles, problems)
    return of && { op: 'not', of }
  }
  return parseComparison(node, place, roles, problems)
}

function parseList(node: Record<string, unknown>, key: 'all' | 'any' | 'of', place: string, roles: readonly string[], problems: string[]): Expression | undefined {
  const raw = node[key]
  if (!Array.isArray(raw) || raw.length === 0) return fail(problems, `${place}.${key}`, 'must be a list of expressions')
  const extra = Object.keys(node).filter((k) => k !== key && !(key === 'of' && k === 'atLeast'))
  if (extra.length > 0) return fail(problems, place, `${extra.join(', ')} cannot stand beside ${key}`)
  const of = raw.flatMap((item, i) => parseExpression(item, `${place}.${key}[${i}]`, roles, problems) ?? [])
  if (of.length !== raw.length) return undefined
  if (key !== 'of') return { op: key, of }
  const n = node['atLeast']
  if (typeof n !== 'number' || !Number.isInteger(n) || n < 1 || n > of.length) return fail(problems, `${place}.atLeast`, `must be a whole number from 1 to ${of.length}`)
  return { op: 'atLeast', n, of }
}

function parseComparison(node: Record<string, unknown>, place: string, roles: readonly string[], problems: string[]): Expression | undefined {
  const quantity = 'among' in node ? 'among' : QUANTITIES.find((q) => q in node)
  if (quantity === undefined) return fail(problems, place, `must have one of all, any, not, atLeast with of, ${QUANTITIES.join(', ')}, or atLeast with among`)
  const comparator = COMPARATORS.find((c) => c in node)
  const role = node[quantity]
  if (typeof role !== 'string' || !roles.includes(role)) return fail(problems, `${place}.${quantity}`, `must be a role of the rule: ${roles.join(', ')}`)
  const to = comparator && node[comparator]
  const fact = typeof to === 'object' && to !== null ? (to as { fact?: unknown }).fact : undefined
  if (comparator === undefined || (typeof to !== 'number' && typeof fact !== 'string')) return fail(problems, place, `must compare with a number or { fact: name } by one of ${COMPARATORS.join(', ')}`)
  if (typeof fact === 'string' && quantity === 'sum') return fail(problems, place, 'a sum has no fact of its own to compare with; give a number')
  const n = quantity === 'among' ? node['atLeast'] : 1
  if (typeof n !== 'number' || !Number.isInteger(n) || n < 1) return fail(problems, `${place}.atLeast`, 'must be a whole number from 1, the points that must agree')
  const ifUnknown = node['ifUnknown']
  if (ifUnknown !== undefined && typeof ifUnknown !== 'boolean') return fail(problems, `${place}.ifUnknown`, 'must be true or false')
  const allowed = new Set<string>([quantity, comparator, 'ifUnknown', ...(quantity === 'among' ? ['atLeast'] : [])])
  const extra = Object.keys(node).filter((k) => !allowed.has(k))
  if (extra.length > 0) return fail(problems, place, `${extra.join(', ')} cannot stand beside ${quantity} and ${comparator}`)
  return { op: 'compare', quantity, n, role, comparator, to: typeof to === 'number' ? to : 0, ...(typeof fact === 'string' && { fact }), ifUnknown }
}

function fail(problems: string[], place: string, message: string): undefined {
  problems.push(`${place}: ${message}`)
  return undefined
}

/** The truth of an expression over what is known of its roles (Kleene's logic). */
export function truthOf(expression: Expression, operandsOf: (role: string, fact?: string) => Operands): Truth {
  switch (expression.op) {
    case 'not': {
      const truth = truthOf(expression.of, operandsOf)
      return truth === undefined ? undefined : !truth
    }
    case 'compare':
      return compareAll(expression, operandsOf(expression.role, expression.fact)) ?? expression.ifUnknown
    default: {
      const truths = expression.of.map((e) => truthOf(e, operandsOf))
      const need = expression.op === 'any' ? 1 : expression.op === 'all' ? truths.length : expression.n
      return atLeast(need, truths.filter((t) => t === true).length, truths.filter((t) => t === undefined).length)
    }
  }
}

function compareAll(e: Extract<Expression, { op: 'compare' }>, { values, unknown }: Operands): Truth {
  const total = values.length + unknown
  // Nobody is there to ask: neither true nor false.
  if (total === 0) return undefined
  if (e.quantity === 'sum' || e.quantity === 'min' || e.quantity === 'max') return compareOne(e, values, unknown)
  const agreeing = values.filter((v) => holds(e.comparator, v, e.to)).length
  return atLeast(e.quantity === 'every' ? total : e.n, agreeing, unknown)
}

function compareOne(e: Extract<Expression, { op: 'compare' }>, values: readonly number[], unknown: number): Truth {
  if (values.length === 0) return undefined
  const value = e.quantity === 'sum' ? values.reduce((a, b) => a + b, 0) : e.quantity === 'min' ? Math.min(...values) : Math.max(...values)
  const truth = holds(e.comparator, value, e.to)
  if (unknown === 0) return truth
  // A sum is of counts, which are never negative: what is not known can only add. The same holds for a maximum; a minimum only falls.
  const isSettled = e.quantity === 'min' ? isUpper(e.comparator) !== truth : isUpper(e.comparator) === truth
  return isSettled && e.comparator !== 'eq' && e.comparator !== 'ne' ? truth : undefined
}

function isUpper(comparator: Comparator): boolean {
  return comparator === 'ge' || comparator === 'gt'
}

function atLeast(need: number, yes: number, unknown: number): Truth {
  if (yes >= need) return true
  return yes + unknown >= need ? undefined : false
}

function holds(comparator: Comparator, value: number, to: number): boolean {
  switch (comparator) {
    case 'ge':
      return value >= to
    case 'gt':
      return value > to
    case 'le':
      return value <= to
    case 'lt':
      return value < to
    case 'eq':
      return value === to
    case 'ne':
      return value !== to
  }
}
