import { type FileHandle, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/** One open file. Writes are complete or reject. */
export interface OutboxFile {
  /** Writes all of `bytes` at offset `at`. */
  write(bytes: Uint8Array, at: number): Promise<void>
  /** Fills `bytes` from offset `at`; returns how many bytes there were. */
  read(bytes: Uint8Array, at: number): Promise<number>
  truncate(sizeBytes: number): Promise<void>
  /** Resolves when content and size are on disk. */
  sync(): Promise<void>
  size(): Promise<number>
  close(): Promise<void>
}

/** What the outbox asks of a file system; tests put one in between that fails. */
export interface OutboxFiles {
  /** `create` makes or empties the file; `update` and `read` need it to be there. */
  open(path: string, how: 'create' | 'update' | 'read'): Promise<OutboxFile>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Plain files of a directory, sorted. */
  list(directory: string): Promise<string[]>
  makeDirectory(directory: string): Promise<void>
  /** Resolves when names in the directory are on disk. */
  syncDirectory(directory: string): Promise<void>
  /** Whole content as text, or undefined when there is no such file. */
  readText(path: string): Promise<string | undefined>
}

/** The file system of the machine. */
export const nodeFiles: OutboxFiles = {
  open: async (path, how) => new NodeFile(await open(path, how === 'create' ? 'w+' : how === 'update' ? 'r+' : 'r', 0o640)),
  rename,
  remove: unlink,
  list: async (directory) =>
    (await readdir(directory, { withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .toSorted(),
  makeDirectory: async (directory) => {
    await mkdir(directory, { recursive: true, mode: 0o750 })
  },
  syncDirectory: async (directory) => {
    const handle = await open(directory, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  readText: async (path) => {
    try {
      return await readFile(path, 'utf8')
    } catch (err) {
      if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined
      throw err
    }
  },
}

class NodeFile implements OutboxFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    let written = 0
    // A nearly full disk takes a part and says so only at the next call.
    while (written < bytes.length) written += (await this.#handle.write(bytes, written, bytes.length - written, at + written)).bytesWritten
  }

  async read(bytes: Uint8Array, at: number): Promise<number> {
    let filled = 0
    while (filled < bytes.length) {
      const { bytesRead } = await this.#handle.read(bytes, filled, bytes.length - filled, at + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return filled
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#handle.truncate(sizeBytes)
  }
  sync(): Promise<void> {
    return this.#handle.datasync()
  }
  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }
  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** Replaces a file so that after any crash either the old or the new content is there, whole. */
export async function replaceFile(files: OutboxFiles, path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`
  const file = await files.open(temporary, 'create')
  try {
    await file.write(content, 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await files.rename(temporary, path)
  await files.syncDirectory(dirname(path))
}
