/**
 * JSON text that PostgreSQL's jsonb takes: it knows no NUL and no lone surrogates, which JSON allows, so these become
 * U+FFFD. Without this a single strange record could never be stored and would block its outbox for ever.
 */
export function toJsonbText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null'
  if (!/\\u(0000|d[89a-f])/i.test(text)) return text
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'string') return cleanText(item)
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [cleanText(key), inner]))
  })
}

/** Text that PostgreSQL's text takes: NUL and lone surrogates become U+FFFD. */
export function cleanText(value: string): string {
  return value.toWellFormed().replaceAll('\0', '\uFFFD')
}
