import { join } from 'node:path'
import type { Logger } from '@orewatch/observability'
import { AppendFile } from './append-file.ts'
import { BLOCK_KINDS, decodeJsonBlock, encodeJsonBlock } from './block-codec.ts'
import { scanBlocks } from './block-scanner.ts'
import { type OutboxFiles, replaceFile } from './files.ts'
import type { CatalogPoint } from './outbox.ts'
import { decodeSegmentHeader, encodeSegmentHeader, SEGMENT_HEADER_BYTES } from './segment-header.ts'

/** Name of the catalog's file. */
export const CATALOG_FILE = 'catalog'

const POINTS_PER_BLOCK = 500
const NO_INCARNATION = '0'.repeat(16)

// Lower aliases are the gateway's own metrics (edge/uplink/births.ts): an alias is unique over the whole edge node.
const FIRST_ALIAS = 16

/** Which point an alias means. Entries are durable before a sample that uses them; see `flush`. */
export class Catalog {
  readonly #files: OutboxFiles
  readonly #path: string
  readonly #points = new Map<number, CatalogPoint>()
  readonly #byDescription = new Map<string, number>()
  readonly #live = new Map<string, number>()
  #unsaved: CatalogPoint[] = []
  #file: AppendFile | undefined
  #seed = 0
  #nextAlias = FIRST_ALIAS

  private constructor(files: OutboxFiles, directory: string) {
    this.#files = files
    this.#path = join(directory, CATALOG_FILE)
  }

  /** Reads the catalog; what is damaged in it is left out and logged. */
  static async open(files: OutboxFiles, directory: string, log: Logger): Promise<Catalog> {
    const catalog = new Catalog(files, directory)
    if ((await files.list(directory)).includes(CATALOG_FILE)) await catalog.#load(log)
    return catalog
  }

  /** The alias of a description, a new one when it was never seen. */
  alias(point: Omit<CatalogPoint, 'alias'>): number {
    const description = describe(point)
    let alias = this.#byDescription.get(description)
    if (alias === undefined) {
      alias = this.#nextAlias++
      const { device, name, isBoolean, properties } = point
      const entry = { alias, device, name, isBoolean, properties: { ...properties } }
      this.#insert(entry)
      this.#unsaved.push(entry)
    }
    this.#live.set(nameOf(point), alias)
    return alias
  }

  /** Live points, and the others of which `isWaiting` says that samples wait. */
  points(isWaiting: (alias: number) => boolean): CatalogPoint[] {
    const live = new Set(this.#live.values())
    return [...this.#points.values()].filter(({ alias }) => live.has(alias) || isWaiting(alias))
  }

  /** Whether something has to be written before the next sample. */
  get needsFlush(): boolean {
    return this.#unsaved.length > 0
  }

  /** Resolves when every alias given out so far is on disk. */
  async flush(): Promise<void> {
    if (this.#unsaved.length === 0) return
    if (this.#file === undefined) {
      await this.#rewrite()
      return
    }
    const saved = this.#unsaved.slice()
    await this.#file.append(encodePoints(saved, this.#seed))
    this.#unsaved = this.#unsaved.slice(saved.length)
  }

  /**
   * Called once after all segments were read: makes an entry for every alias that waits and is not known (its entry was
   * damaged), so that its samples reach central's quarantine rather than nowhere, and forgets replaced entries.
   */
  async settle(waiting: readonly number[], log: Logger): Promise<void> {
    const kept = new Set(waiting)
    for (const alias of waiting) {
      this.#nextAlias = Math.max(this.#nextAlias, alias + 1)
      if (this.#points.has(alias)) continue
      log.error({ alias }, 'samples wait whose catalog entry is lost; they go out under a made-up name')
      const entry = { alias, device: 'unknown', name: `alias-${alias}`, isBoolean: false, properties: {} }
      this.#insert(entry)
      this.#unsaved.push(entry)
    }
    const newest = new Map([...this.#points.values()].map((point) => [nameOf(point), point.alias]))
    const replaced = [...this.#points.values()].filter((point) => newest.get(nameOf(point)) !== point.alias && !kept.has(point.alias))
    if (replaced.length === 0) return
    for (const point of replaced) {
      this.#points.delete(point.alias)
      this.#byDescription.delete(describe(point))
    }
    await this.#rewrite()
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }

  #insert(point: CatalogPoint): void {
    this.#points.set(point.alias, point)
    this.#byDescription.set(describe(point), point.alias)
    this.#nextAlias = Math.max(this.#nextAlias, point.alias + 1)
  }

  async #load(log: Logger): Promise<void> {
    const file = await this.#files.open(this.#path, 'read')
    try {
      const to = await file.size()
      const start = new Uint8Array(SEGMENT_HEADER_BYTES)
      await file.read(start, 0)
      const decoded = decodeSegmentHeader(start)
      if (decoded?.header.content !== 'catalog') {
        log.error({ path: this.#path }, 'catalog is unreadable and was put aside')
        await this.#files.rename(this.#path, `${this.#path}.${Date.now()}.bad`)
        return
      }
      let end = SEGMENT_HEADER_BYTES
      for await (const block of scanBlocks(file, { from: end, to, seed: decoded.seed, windowBytes: 1 << 20 })) {
        if (block.offset > end) log.error({ path: this.#path, offset: end }, 'catalog is damaged; entries are lost')
        for (const point of decodeJsonBlock(block.bytes, block.at, block.head)) this.#insert(point as CatalogPoint)
        end = block.offset + block.head.bytes
      }
      this.#seed = decoded.seed
      this.#file = new AppendFile(this.#files, this.#path, end, end < to)
    } finally {
      await file.close()
    }
  }

  async #rewrite(): Promise<void> {
    const header = encodeSegmentHeader({ content: 'catalog', incarnation: NO_INCARNATION, first: 0, previousEnd: 0, createdMs: 0 })
    const unsaved = this.#unsaved.length
    const content = Buffer.concat([header.bytes, encodePoints([...this.#points.values()], header.seed)])
    await this.#file?.close()
    await replaceFile(this.#files, this.#path, content)
    this.#seed = header.seed
    this.#file = new AppendFile(this.#files, this.#path, content.length, false)
    this.#unsaved = this.#unsaved.slice(unsaved)
  }
}

function encodePoints(points: readonly CatalogPoint[], seed: number): Uint8Array {
  const blocks: Uint8Array[] = []
  for (let i = 0; i < points.length; i += POINTS_PER_BLOCK) {
    const texts = points.slice(i, i + POINTS_PER_BLOCK).map((point) => JSON.stringify(point))
    blocks.push(encodeJsonBlock(BLOCK_KINDS.catalog, texts, 0, 0, seed))
  }
  return Buffer.concat(blocks)
}

function nameOf(point: Pick<CatalogPoint, 'device' | 'name'>): string {
  return JSON.stringify([point.device, point.name])
}

function describe(point: Omit<CatalogPoint, 'alias'>): string {
  const properties = Object.entries(point.properties).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([point.device, point.name, point.isBoolean, properties])
}
