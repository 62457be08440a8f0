/**
 * An event or alarm as it lies in the outbox and travels in `Outbox/Record`.
 * The schema id names the meaning of `body`, with its version: `outbox.gap/1`, `clock.step/1`, `device.state/1`.
 */
export interface OutboxRecord {
  readonly schema: string
  /** UTC ms at which it happened. */
  readonly timeMs: number
  /** The device it is about; absent when it is about the gateway. */
  readonly device?: string
  readonly body: Readonly<Record<string, unknown>>
}

const SCHEMA_ID = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+\/\d{1,4}$/

/** Checks parsed JSON; returns the record or a sentence about what is wrong with it. */
export function parseRecord(json: unknown): OutboxRecord | string {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return 'a record is a JSON object'
  const { schema, timeMs, device, body } = json as Record<string, unknown>
  if (typeof schema !== 'string' || !SCHEMA_ID.test(schema)) return 'schema must look like area.name/1'
  if (typeof timeMs !== 'number' || !Number.isSafeInteger(timeMs) || timeMs < 0) return 'timeMs must be UTC milliseconds'
  if (device !== undefined && typeof device !== 'string') return 'device must be a string'
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return 'body must be a JSON object'
  return { schema, timeMs, body: body as Record<string, unknown>, ...(device !== undefined && { device }) }
}

/** Body of `outbox.gap/1`: records that a gateway accepted and can never deliver, and why. */
export interface GapBody {
  readonly incarnation: string
  readonly stream: string
  /** First lost position and how many from there. */
  readonly first: number
  readonly count: number
  readonly reason: 'quota-bytes' | 'quota-age' | 'corrupt' | 'restored-image' | 'read-error'
  /** UTC ms of the first and last lost sample, where still known. */
  readonly fromMs?: number
  readonly toMs?: number
}
