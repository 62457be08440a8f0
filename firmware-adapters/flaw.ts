/** One thing that is wrong, and where below its point or profile it stands. */
export interface Flaw {
  readonly path: readonly (string | number)[]
  readonly message: string
}
