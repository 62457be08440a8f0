/*
 * The files of the store: one a month, because deleting rows does not shrink a DuckDB file but deleting a file does.
 * All of them are attached to one in-memory instance, so that memory and threads are limited once.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { duckdbErrors } from './errors.ts'
import { catalogOfMonth, fileOfMonth, type Month, monthOf, monthOfFile } from './month.ts'
import { SAMPLE_TABLE_COLUMNS } from './rows.ts'

const FORMAT = 1

/** What a file store needs to open. */
export interface MonthFilesOptions {
  readonly directory: string
  readonly memoryMb: number
  readonly threads: number
}

/** One attached file. */
export interface MonthFile {
  readonly month: Month
  readonly catalog: string
  /** Rows stored since the table of newest samples was written. */
  rowsSinceSnapshot: number
  /** Rows in the log of ranges; it is merged when it grows long. */
  rangeRows: number
}

/** The attached files of a directory and the connection that writes them. */
export class MonthFiles {
  readonly writer: DuckDBConnection
  readonly #instance: DuckDBInstance
  readonly #directory: string
  readonly #files = new Map<string, MonthFile>()
  #last: MonthFile | undefined

  private constructor(instance: DuckDBInstance, writer: DuckDBConnection, directory: string) {
    this.#instance = instance
    this.writer = writer
    this.#directory = directory
  }

  /** Opens a directory and every file of the store in it. Rejects with DUCKDB_FILE_REFUSED, DUCKDB_LOCKED or DUCKDB_DIRECTORY_UNUSABLE. */
  static async open(options: MonthFilesOptions): Promise<MonthFiles> {
    const months = listMonths(options.directory)
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${options.memoryMb}MB`,
      threads: String(options.threads),
      temp_directory: join(options.directory, 'temporary'),
      // Nothing is ever loaded or fetched from elsewhere.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    })
    const files = new MonthFiles(instance, await instance.connect(), options.directory)
    try {
      for (const month of months) await files.#attach(month)
    } catch (err) {
      files.close()
      throw err
    }
    return files
  }

  /** All files, oldest month first. */
  all(): MonthFile[] {
    return [...this.#files.values()].toSorted((a, b) => a.month.fromMs - b.month.fromMs)
  }

  /** Files with months that overlap fromMs ≤ time < toMs, oldest first. */
  overlapping(fromMs: number, toMs: number): MonthFile[] {
    return this.all().filter((file) => file.month.fromMs < toMs && file.month.toMs > fromMs)
  }

  /** The file of the month that holds a time, if there is one already. */
  find(timeMs: number): MonthFile | undefined {
    const last = this.#last
    if (last !== undefined && timeMs >= last.month.fromMs && timeMs < last.month.toMs) return last
    const found = this.#files.get(monthOf(timeMs).name)
    if (found !== undefined) this.#last = found
    return found
  }

  /** The file of the month that holds a time; made when absent. */
  async ensure(timeMs: number): Promise<MonthFile> {
    return this.find(timeMs) ?? (await this.#attach(monthOf(timeMs)))
  }

  /** Removes a file with all it holds; its ranges must be elsewhere by then. */
  async drop(file: MonthFile): Promise<void> {
    const path = join(this.#directory, fileOfMonth(file.month))
    if (this.#last === file) this.#last = undefined
    await this.writer.run(`DETACH ${file.catalog}`)
    this.#files.delete(file.month.name)
    // The log first: one that is left alone would be replayed into the next file of this name.
    rmSync(`${path}.wal`, { force: true })
    rmSync(path)
    syncDirectory(this.#directory)
  }

  /** A further connection, for reading beside the writer. */
  connect(): Promise<DuckDBConnection> {
    return this.#instance.connect()
  }

  /** Closes all files. */
  close(): void {
    this.writer.closeSync()
    this.#instance.closeSync()
  }

  async #attach(month: Month): Promise<MonthFile> {
    const catalog = catalogOfMonth(month)
    const path = join(this.#directory, fileOfMonth(month))
    if (!existsSync(path)) await this.#make(path)
    await this.#run(path, `ATTACH '${quoted(path)}' AS ${catalog}`)
    try {
      await this.#check(catalog, path)
    } catch (err) {
      // It must not hide why the file cannot be used.
      await this.writer.run(`DETACH ${catalog}`).catch(() => undefined)
      throw err
    }
    const file = { month, catalog, rowsSinceSnapshot: 0, rangeRows: 0 }
    this.#files.set(month.name, file)
    return file
  }

  /** Makes a file under another name first, because DuckDB cannot open one that a kill or a full disk left half made. */
  async #make(path: string): Promise<void> {
    const making = `${path}.new`
    rmSync(making, { force: true })
    rmSync(`${making}.wal`, { force: true })
    await this.#run(path, `ATTACH '${quoted(making)}' AS making`)
    try {
      await this.#run(
        path,
        `
        CREATE TABLE making.samples (${SAMPLE_TABLE_COLUMNS});
        CREATE TABLE making.late_samples (${SAMPLE_TABLE_COLUMNS});
        CREATE TABLE making.ranges (gateway INTEGER, incarnation VARCHAR, stream VARCHAR, first BIGINT, count BIGINT);
        CREATE TABLE making.newest (point INTEGER, time BIGINT, value DOUBLE, quality UTINYINT, reason UTINYINT, flags UTINYINT);
        CREATE TABLE making.about (format INTEGER, rows_seen BIGINT, late_rows_seen BIGINT);
        INSERT INTO making.about VALUES (${FORMAT}, 0, 0);
        CHECKPOINT making`,
      )
    } finally {
      await this.writer.run('DETACH making').catch(() => undefined)
    }
    renameSync(making, path)
    syncDirectory(this.#directory)
  }

  async #run(path: string, sql: string): Promise<void> {
    try {
      await this.writer.run(sql)
    } catch (cause) {
      throw fileError(path, cause)
    }
  }

  async #check(catalog: string, path: string): Promise<void> {
    const tables = await this.#texts(`SELECT table_name FROM duckdb_tables() WHERE database_name = '${catalog}'`)
    if (!tables.includes('about')) throw duckdbErrors.FILE_REFUSED({ file: path, found: `tables ${tables.join(', ') || '(none)'}`, expected: 'a file written by Orewatch' })
    const [format] = await this.#texts(`SELECT format FROM ${catalog}.about`)
    if (format !== String(FORMAT)) throw duckdbErrors.FILE_REFUSED({ file: path, found: `format ${format}`, expected: `format ${FORMAT}` })
  }

  async #texts(sql: string): Promise<string[]> {
    const reader = await this.writer.runAndReadAll(sql)
    return reader.getRows().map((row) => String(row[0]))
  }
}

function listMonths(directory: string): Month[] {
  try {
    mkdirSync(directory, { recursive: true })
    return readdirSync(directory)
      .map(monthOfFile)
      .filter((month) => month !== undefined)
      .toSorted((a, b) => a.fromMs - b.fromMs)
  } catch (cause) {
    throw duckdbErrors.DIRECTORY_UNUSABLE({ directory, reason: (cause as NodeJS.ErrnoException).code }, cause)
  }
}

function quoted(path: string): string {
  return path.replaceAll("'", "''")
}

function syncDirectory(directory: string): void {
  // The name of a new file is durable only when its directory is.
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function fileError(file: string, cause: unknown): Error {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
  if (/lock/i.test(reason)) return duckdbErrors.LOCKED({ file }, cause)
  if (/no space left|disk full/i.test(reason)) return duckdbErrors.DISK_FULL({ file }, cause)
  if (/permission denied|read-only/i.test(reason)) return duckdbErrors.DIRECTORY_UNUSABLE({ file, reason }, cause)
  return duckdbErrors.FILE_REFUSED({ file, found: reason, expected: 'a file written by Orewatch' }, cause)
}
