/* The entry of the worker thread: passes messages between the main thread and the engine. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { CodedError, invariant } from '@orewatch/core'
import { duckdbErrors } from './errors.ts'
import { Engine } from './engine.ts'
import type { EngineOptions, Query, Reply, Request, WireError } from './messages.ts'

invariant(parentPort !== null, 'the worker of the DuckDB store was started as a main program')
await serve(parentPort, workerData as EngineOptions)

async function serve(port: MessagePort, options: EngineOptions): Promise<void> {
  const send = (reply: Reply, transfer: ArrayBuffer[] = []): void => port.postMessage(reply, transfer)
  try {
    const engine = await Engine.open(options, {
      written: (ids, results) => send({ kind: 'written', ids, results }),
      notWritten: (ids, error) => send({ kind: 'not-written', ids, error: toWire(error) }),
    })
    port.on('message', (request: Request) => {
      if (request.kind === 'write') engine.write(request)
      else void answer(port, engine, request.id, request.query)
    })
    send({ kind: 'opened' })
  } catch (err) {
    send({ kind: 'not-opened', error: toWire(err) })
    port.close()
  }
}

async function answer(port: MessagePort, engine: Engine, id: number, query: Query): Promise<void> {
  try {
    const found = await engine.query(query)
    const reply: Reply = { kind: 'answer', id, answer: found }
    port.postMessage(reply, found !== undefined && typeof found === 'object' && 'packed' in found ? [found.packed] : [])
  } catch (err) {
    const reply: Reply = { kind: 'no-answer', id, error: toWire(err) }
    port.postMessage(reply)
  }
  // The thread ends by itself when nobody can speak to it any more.
  if (query.kind === 'close') port.close()
}

function toWire(err: unknown): WireError {
  const coded = err instanceof CodedError ? err : duckdbErrors.QUERY_FAILED({ reason: String(err) }, err)
  return { code: coded.code, retry: coded.retry, details: coded.details, cause: coded.cause instanceof Error ? coded.cause.message : '' }
}
