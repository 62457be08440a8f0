/* A worker whose sixth case never ends. */
import { workerData } from 'node:worker_threads'
import type { WorkerOrder } from '../worker.ts'

const { progress } = workerData as WorkerOrder
Atomics.store(progress, 0, 5)
while (Atomics.load(progress, 0) === 5) Atomics.wait(progress, 0, 5, 50)
