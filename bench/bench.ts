/** What every benchmark is given. */
export interface BenchOptions {
  /** Prints a line of progress on standard error. */
  readonly report: (line: string) => void
  /** A short run that shows that the benchmark works; its figures mean little. */
  readonly quick: boolean
  /** Further words of the command line, such as `--seconds 60`. */
  readonly flags: Readonly<Record<string, string>>
}

/** Figures of a benchmark; `ok` is about correctness, never about speed. */
export type BenchResult = Readonly<Record<string, unknown>> & { readonly ok: boolean }

/** A benchmark: `bench/<name>.ts` exports it as `run`. */
export type Bench = (options: BenchOptions) => Promise<BenchResult>
