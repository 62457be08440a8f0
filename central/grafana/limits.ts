/** A limit that a regulation gives for a class wherever the point is. */
export interface StatutoryLimit {
  /** In the unit of the class. */
  readonly value: number
  /** Which side of it is the bad one. */
  readonly bad: 'above' | 'below'
  readonly source: string
}

// Only what holds at every place. The other limits of T-20 depend on the place (wind, temperature), on the design (ponds, slopes,
// stress) or on a rating (current, voltage): they belong to the alarm rules of the point, and a line drawn here would be a guess.
const AIR = 'GB 16423 6.6 井下空气'

/** Limits by class. */
export const STATUTORY_LIMITS: Readonly<Record<string, StatutoryLimit>> = {
  '0101': { value: 24, bad: 'above', source: AIR },
  '0102': { value: 2.5, bad: 'above', source: AIR },
  '0103': { value: 5, bad: 'above', source: AIR },
  '0104': { value: 6.6, bad: 'above', source: AIR },
  '0105': { value: 20, bad: 'below', source: AIR },
  '0106': { value: 0.5, bad: 'above', source: AIR },
}
