/* What the main thread and the worker say to each other; batches and pages cross by transfer of one buffer. */
import type { PositionRange, RetryClass } from '@orewatch/core'
import type { Stream } from '@orewatch/protocol'
import type { Bucket, LatestSample, OutboxRanges, RemovalOrder, RemovedPart, WriteResult } from '../store.ts'

/** What the worker needs to open the store. */
export interface EngineOptions {
  readonly directory: string
  readonly memoryMb: number
  readonly threads: number
  readonly groupMs: number
  readonly queryTimeoutMs: number
}

/** A batch on its way to the worker. */
export interface WriteMessage {
  readonly kind: 'write'
  readonly id: number
  readonly count: number
  readonly packed: ArrayBuffer
  readonly ranges: readonly OutboxRanges[]
}

/** A question to the worker. */
export type Query =
  | { readonly kind: 'latest'; readonly points: readonly number[] }
  | { readonly kind: 'range'; readonly point: number; readonly fromMs: number; readonly toMs: number; readonly limit: number }
  | { readonly kind: 'aggregate'; readonly point: number; readonly fromMs: number; readonly toMs: number; readonly bucketMs: number }
  | { readonly kind: 'ranges'; readonly gateway: number; readonly incarnation: string }
  | { readonly kind: 'count' }
  | { readonly kind: 'remove'; readonly order: RemovalOrder; readonly mode: 'look' | 'remove' }
  | { readonly kind: 'close' }

/** Everything the main thread says. */
export type Request = WriteMessage | { readonly kind: 'query'; readonly id: number; readonly query: Query }

/** An error on its way to the main thread: only plain values cross. */
export interface WireError {
  readonly code: string
  readonly retry: RetryClass
  readonly details: Readonly<Record<string, unknown>>
  readonly cause: string
}

/** The answer to one query. */
export type Answer =
  | readonly LatestSample[]
  | readonly Bucket[]
  | readonly RemovedPart[]
  | { readonly count: number; readonly packed: ArrayBuffer; readonly nextMs?: number }
  | ReadonlyMap<Stream, readonly PositionRange[]>
  | number
  | undefined

/** Everything the worker says. */
export type Reply =
  | { readonly kind: 'opened' }
  | { readonly kind: 'not-opened'; readonly error: WireError }
  | { readonly kind: 'written'; readonly ids: readonly number[]; readonly results: readonly WriteResult[] }
  | { readonly kind: 'not-written'; readonly ids: readonly number[]; readonly error: WireError }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'no-answer'; readonly id: number; readonly error: WireError }
