/* Runs the cases in a thread of its own, so that a case that never ends, or eats all memory, does not take the watchdog with it. */
import { parentPort, workerData } from 'node:worker_threads'
import { runFuzz } from './fuzz.ts'
import { openKinds } from './kinds.ts'
import { startPymodbusPeer } from './pymodbus-peer.ts'

/** What the worker is given. */
export interface WorkerOrder {
  readonly seed: number
  readonly firstCase: number
  readonly cases: number
  readonly kinds: readonly string[]
  /** One entry: the number of the case being worked on. */
  readonly progress: Int32Array
}

const { progress, kinds: names, ...order } = workerData as WorkerOrder
const { kinds, close } = openKinds(names)
const peer = kinds.some(({ name }) => name === 'modbus') ? startPymodbusPeer() : undefined
try {
  const result = await runFuzz({
    ...order,
    kinds,
    ...(peer !== undefined && { peer }),
    onCase: (number) => Atomics.store(progress, 0, number),
    report: (line) => parentPort?.postMessage({ line }),
  })
  parentPort?.postMessage({ result })
} finally {
  await peer?.close()
  close()
}
