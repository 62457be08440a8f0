/* A worker whose case never stops asking for memory. */
import { workerData } from 'node:worker_threads'
import type { WorkerOrder } from '../worker.ts'

const { progress } = workerData as WorkerOrder
Atomics.store(progress, 0, 4)
const held: object[] = []
while (held.length < Number.MAX_SAFE_INTEGER) held.push(Array.from({ length: 10_000 }, (_, i) => ({ i })))
