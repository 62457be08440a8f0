import type { OutboxFile, OutboxFiles } from './files.ts'

/** A file that only grows, and after a failed write is cut back to its last good length before anything else happens. */
export class AppendFile {
  readonly path: string
  /** Bytes that are known to be on disk. */
  durableBytes: number
  readonly #files: OutboxFiles
  #handle: OutboxFile | undefined
  #isDirty: boolean

  constructor(files: OutboxFiles, path: string, durableBytes: number, isDirty: boolean, handle?: OutboxFile) {
    this.path = path
    this.durableBytes = durableBytes
    this.#files = files
    this.#isDirty = isDirty
    this.#handle = handle
  }

  /** Resolves when `bytes` are at the end of the file and on disk. After a rejection the same bytes may be appended again. */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      this.#handle ??= await this.#files.open(this.path, 'update')
      if (this.#isDirty) await this.#handle.truncate(this.durableBytes)
      this.#isDirty = true
      await this.#handle.write(bytes, this.durableBytes)
      await this.#handle.sync()
      this.#isDirty = false
      this.durableBytes += bytes.length
    } catch (err) {
      // A handle may be of no more use after a remount; the next attempt opens the file again.
      await this.close()
      throw err
    }
  }

  /** Cuts off what a crash left behind the last good byte. */
  async trim(): Promise<void> {
    if (!this.#isDirty) return
    this.#handle ??= await this.#files.open(this.path, 'update')
    await this.#handle.truncate(this.durableBytes)
    await this.#handle.sync()
    this.#isDirty = false
  }

  /** Lets go of the file; a later append opens it again. */
  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => undefined)
  }
}
