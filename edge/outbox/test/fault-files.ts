import { readFile, truncate, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { nodeFiles, type OutboxFile, type OutboxFiles } from '../files.ts'

/** What the outbox asks of a disk that can go wrong. */
export type DiskOperation = 'create' | 'open' | 'read' | 'write' | 'truncate' | 'sync' | 'rename' | 'remove' | 'syncDirectory'

/** Decides whether an operation fails; a string is the error code of the kernel. */
export type DiskFault = (operation: DiskOperation, path: string, at: number, bytes: number) => string | undefined

/** The real disk with faults in front of it. It remembers what was synced, so that the power can be cut. */
export class FaultFiles implements OutboxFiles {
  fault: DiskFault = () => undefined
  operations = 0
  #unsyncedNames: { readonly from: string; readonly to: string; readonly replaced: Buffer | undefined }[] = []
  readonly #known = new Map<string, { path: string; syncedBytes: number }>()

  async open(path: string, how: 'create' | 'update' | 'read'): Promise<OutboxFile> {
    this.check(how === 'create' ? 'create' : 'open', path)
    const file = await nodeFiles.open(path, how)
    const known = this.#known.get(path) ?? { path, syncedBytes: await file.size() }
    if (how === 'create') known.syncedBytes = 0
    this.#known.set(path, known)
    return this.#wrap(known, file)
  }

  async rename(from: string, to: string): Promise<void> {
    this.check('rename', from)
    this.#unsyncedNames.push({ from, to, replaced: await readFile(to).catch(() => undefined) })
    await nodeFiles.rename(from, to)
    const known = this.#known.get(from)
    if (known === undefined) return
    known.path = to
    this.#known.set(to, known)
    this.#known.delete(from)
  }

  async remove(path: string): Promise<void> {
    this.check('remove', path)
    await nodeFiles.remove(path)
    this.#known.delete(path)
  }

  async syncDirectory(directory: string): Promise<void> {
    this.check('syncDirectory', directory)
    this.#unsyncedNames = this.#unsyncedNames.filter(({ to }) => dirname(to) !== directory)
  }

  list = nodeFiles.list
  makeDirectory = nodeFiles.makeDirectory
  readText = nodeFiles.readText

  /** Throws when the present fault says so. */
  check(operation: DiskOperation, path: string, at = 0, bytes = 0): void {
    this.operations++
    const code = this.fault(operation, path, at, bytes)
    if (code !== undefined) throw Object.assign(new TypeError(`${code}: ${operation} ${path}`), { code })
  }

  /** What a power cut leaves: of everything that was not synced only `keep` (0…1), followed by `zeros` zeros, and the old names. */
  async cutPower(keep: number, zeros: number): Promise<void> {
    for (const { path, syncedBytes: synced } of this.#known.values()) {
      const content = await readFile(path).catch(() => undefined)
      if (content === undefined || content.length <= synced) continue
      const kept = synced + Math.floor((content.length - synced) * keep)
      await truncate(path, kept)
      await writeFile(path, Buffer.alloc(zeros), { flag: 'a' })
    }
    for (const { from, to, replaced } of this.#unsyncedNames.toReversed()) {
      await nodeFiles.rename(to, from).catch(() => undefined)
      if (replaced !== undefined) await writeFile(to, replaced)
    }
  }

  #wrap(known: { path: string; syncedBytes: number }, file: OutboxFile): OutboxFile {
    return {
      write: async (bytes, at) => {
        try {
          this.check('write', known.path, at, bytes.length)
        } catch (err) {
          // As a disk that fills up: a part is there.
          await file.write(bytes.subarray(0, bytes.length >>> 1), at)
          throw err
        }
        await file.write(bytes, at)
      },
      read: async (bytes, at) => {
        this.check('read', known.path, at, bytes.length)
        return await file.read(bytes, at)
      },
      truncate: async (sizeBytes) => {
        this.check('truncate', known.path)
        await file.truncate(sizeBytes)
        known.syncedBytes = Math.min(sizeBytes, known.syncedBytes)
      },
      sync: async () => {
        this.check('sync', known.path)
        known.syncedBytes = await file.size()
      },
      size: () => file.size(),
      close: () => file.close(),
    }
  }
}
