/** A running simulator as the command line sees it. */
export interface Running {
  /** Where it listens and what it is, in lines for a person. */
  readonly lines: readonly string[]
  /** Address for a machine: `tcp://…` or `opc.tcp://…`. */
  readonly address: string
  readonly close: () => Promise<void>
  /** What it counted so far, for metrics; names in snake_case. */
  readonly counters?: () => Readonly<Record<string, number>>
}
