import { createServer } from 'node:net'
import { relationalErrors } from '../errors.ts'
import { hashOf } from './place.ts'

/** Held by the one program that may start and stop the PostgreSQL of a directory. */
export interface DirectoryLock {
  release(): Promise<void>
}

/**
 * Takes the lock of a directory; rejects with RELATIONAL_IN_USE when a living program holds it. The lock is an abstract
 * Unix socket: the kernel drops it with its process, so kill -9 leaves nothing that could be stale.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const server = createServer((socket) => socket.destroy())
  server.unref()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE' ? relationalErrors.IN_USE({ directory }) : relationalErrors.START_FAILED({ directory, said: cause.message }, cause))
    })
    server.listen(`\0orewatch-postgresql-${hashOf(directory)}`, resolve)
  })
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  }
}
