/*
 * Counties, mines and gateways from YAML, as in examples/demo-mine. Every row is checked by itself, so that one bad row
 * is reported with its line and the good ones still come in.
 */
import { checkValue, type Located, parseYaml } from '@orewatch/config'
import { ConfigError } from '@orewatch/core'
import { isTopicId } from '@orewatch/protocol'
import { type Static, type TSchema, Type } from 'typebox'

const DIVISION = '^[1-9][0-9]{5}$'
const SUBJECT = '^[1-9][0-9]{5}[1-7][0-9]{5}$'

/** A county or city. */
export const DivisionRow = Type.Object(
  {
    code: Type.String({ description: 'Six digits of GB/T 2260.', pattern: DIVISION }),
    name: Type.String({ description: 'Name as people read it.', minLength: 1, maxLength: 100 }),
  },
  { additionalProperties: false },
)

/** A mine, pond or other subject. */
export const MineRow = Type.Object(
  {
    subjectCode: Type.String({ description: 'Twelve digits: division, kind 1–7, serial.', pattern: SUBJECT }),
    name: Type.String({ description: 'Name as people read it.', minLength: 1, maxLength: 100 }),
    division: Type.Optional(Type.String({ description: 'Division it lies in now; that of its code by default.', pattern: DIVISION })),
    longitude: Type.Optional(Type.Number({ description: 'Degrees, CGCS2000.', minimum: 73, maximum: 136 })),
    latitude: Type.Optional(Type.Number({ description: 'Degrees, CGCS2000.', minimum: 3, maximum: 54 })),
  },
  { additionalProperties: false },
)

/** A gateway of a mine. */
export const GatewayRow = Type.Object(
  {
    group: Type.String({ description: 'Sparkplug group: the six digits of the county at enrolment.', pattern: DIVISION }),
    node: Type.String({ description: 'Sparkplug edge node: 1 to 64 letters, digits, hyphens or underscores.', minLength: 1, maxLength: 64 }),
    subject: Type.String({ description: 'Subject code of its mine.', pattern: SUBJECT }),
    alsoSubjects: Type.Array(Type.String({ pattern: SUBJECT }), { description: 'Further subjects it reports for.', default: [], maxItems: 50 }),
    title: Type.Optional(Type.String({ description: 'Name as people read it.', maxLength: 100 })),
  },
  { additionalProperties: false },
)

const Fixtures = Type.Object(
  {
    divisions: Type.Array(Type.Unknown(), { description: 'Counties and cities.', default: [], maxItems: 10_000 }),
    mines: Type.Array(Type.Unknown(), { description: 'Mines and ponds.', default: [], maxItems: 100_000 }),
    gateways: Type.Array(Type.Unknown(), { description: 'Gateways.', default: [], maxItems: 100_000 }),
  },
  { additionalProperties: false },
)

/** A row with the place where it stands, for problems that only the register can see. */
export interface FixtureRow<T> {
  readonly row: T
  /** `file:line`. */
  readonly at: string
}

/** What a fixtures text holds. */
export interface ParsedFixtures {
  readonly divisions: readonly FixtureRow<Static<typeof DivisionRow>>[]
  readonly mines: readonly FixtureRow<Static<typeof MineRow>>[]
  readonly gateways: readonly FixtureRow<Static<typeof GatewayRow>>[]
  readonly problems: readonly string[]
}

/** Reads a fixtures text; throws ConfigError only when it is not YAML or not of this shape at all. */
export function parseFixtures(yaml: string, file: string): ParsedFixtures {
  const located = parseYaml(yaml, Fixtures, file)
  const problems: string[] = []
  const divisions = takeRows(located, 'divisions', DivisionRow, problems)
  const mines = takeRows(located, 'mines', MineRow, problems)
  const gateways = takeRows(located, 'gateways', GatewayRow, problems).filter(({ row, at }) => {
    if (isTopicId(row.node)) return true
    problems.push(`${at}: node is ${JSON.stringify(row.node)}; it must be letters, digits, hyphens or underscores`)
    return false
  })
  return { divisions, mines, gateways, problems }
}

function takeRows<S extends TSchema>(located: Located<Static<typeof Fixtures>>, key: keyof Static<typeof Fixtures>, schema: S, problems: string[]): FixtureRow<Static<S>>[] {
  const rows: FixtureRow<Static<S>>[] = []
  for (const [index, raw] of located.value[key].entries()) {
    try {
      rows.push({ row: checkValue(raw, schema, (path) => located.lineOf([key, index, ...path])), at: located.lineOf([key, index]) })
    } catch (err) {
      if (!(err instanceof ConfigError)) throw err
      problems.push(...err.problems)
    }
  }
  return rows
}
