import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { createServer } from 'node:net'

/** Holds a directory for this process until `release`. */
export interface DemoLock {
  release(): Promise<void>
}

/**
 * Takes an existing directory for this process; rejects with DEMO_RUNS_ALREADY when another one has it. The lock is a
 * socket in Linux's abstract namespace: no file is left behind, and the kernel gives it back however its owner dies.
 */
export async function lockForDemo(directory: string): Promise<DemoLock> {
  const place = realpathSync(directory)
  const name = `\0orewatch-demo-${createHash('sha256').update(place).digest('hex').slice(0, 32)}`
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `another demo runs on ${place} already: stop it first (Ctrl-C), or start this one with --data-dir <another folder>`
      reject(Object.assign(new Error(message, { cause }), { code: 'DEMO_RUNS_ALREADY' }))
    })
    server.listen(name, resolve)
  })
  server.unref()
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  }
}
