/*
 * The rule language: what a versioned set of alarm rules may say, as data. README.md shows it with examples; check-rule-set.ts
 * checks what a schema cannot say, resolve.ts turns it into the limits of one point.
 */
import { type Static, type TSchema, Type } from 'typebox'

const closed = <P extends Record<string, TSchema>>(properties: P, description: string) => Type.Object(properties, { additionalProperties: false, description })
const seconds = (description: string, minimum = 0) => Type.Number({ description, minimum })

/** How sure a number is: S statutory, D design default of this product, M unsure and to be confirmed. */
export const Confidence = Type.Union([Type.Literal('S'), Type.Literal('D'), Type.Literal('M')], {
  description: 'How sure the number is: S statutory, D default of this product, M unsure and to be confirmed.',
})
export type Confidence = Static<typeof Confidence>

const LevelName = Type.Union([Type.Literal('blue'), Type.Literal('yellow'), Type.Literal('orange'), Type.Literal('red')], { description: 'Level of the alarm.' })
const Source = Type.String({ description: 'Where the number comes from: clause, table, design document.', minLength: 2 })

/** A number, or where it is found: a fact of the point, a table by a fact of the point, or the stricter of both. */
export const LimitValue = Type.Union(
  [
    Type.Number(),
    closed(
      {
        fact: Type.Optional(Type.String({ description: 'Name of a fact of the point, such as approvedPersons.', minLength: 1 })),
        table: Type.Optional(Type.String({ description: 'Name of a table of this rule set.', minLength: 1 })),
        times: Type.Optional(Type.Number({ description: 'Factor on what was found.' })),
        plus: Type.Optional(Type.Number({ description: 'Added after the factor.' })),
      },
      'A fact, a table, or both: then the stricter counts.',
    ),
  ],
  { description: 'A number in the unit of the rule, or an object with fact, table, times, plus.' },
)
export type LimitValue = Static<typeof LimitValue>

/** The limit of one level: exactly one of ge, gt, le, lt (stale rules: afterS or periods). */
export const LevelLimit = closed(
  {
    ge: Type.Optional(LimitValue),
    gt: Type.Optional(LimitValue),
    le: Type.Optional(LimitValue),
    lt: Type.Optional(LimitValue),
    afterS: Type.Optional(seconds('Stale rules: without data for longer than this, s.', 1)),
    periods: Type.Optional(Type.Number({ description: 'Stale and stuck rules: for this many periods of the point.', minimum: 1 })),
    clear: Type.Optional(Type.Number({ description: 'Back at this value the level is over; the hysteresis of the rule when absent.' })),
    minSamples: Type.Optional(Type.Integer({ description: 'Samples in a row beyond the limit; that of the rule when absent.', minimum: 1, maximum: 1000 })),
    onDelayS: Type.Optional(seconds('Beyond the limit for this long, s; that of the rule when absent.')),
    source: Source,
    confidence: Confidence,
  },
  'Limit of one level.',
)
export type LevelLimit = Static<typeof LevelLimit>

/** Limits by level; absent levels are not used. */
export const LevelLimits = closed(
  { blue: Type.Optional(LevelLimit), yellow: Type.Optional(LevelLimit), orange: Type.Optional(LevelLimit), red: Type.Optional(LevelLimit) },
  'Limits by level: blue, yellow, orange, red.',
)
export type LevelLimits = Static<typeof LevelLimits>

const FactValue = Type.Union([Type.String(), Type.Number()])

/** Which points a rule is for. */
export const PointSelector = closed(
  {
    sensorTypes: Type.Optional(Type.Array(Type.String({ pattern: '^\\d{4}$' }), { description: 'Classes of T-20, four digits; any class when absent.', minItems: 1 })),
    where: Type.Optional(Type.Record(Type.String(), Type.Array(FactValue, { minItems: 1 }), { description: 'Facts that the point must have, with the values allowed for each.' })),
    points: Type.Optional(Type.Array(Type.String(), { description: 'Only these point codes.', minItems: 1 })),
  },
  'Which points the rule is for.',
)
export type PointSelector = Static<typeof PointSelector>

const Hysteresis = Type.Union(
  [
    closed({ ratio: Type.Number({ description: 'Clear at limit × ratio (upper) or limit ÷ ratio (lower).', exclusiveMinimum: 0, maximum: 1 }) }, 'By ratio.'),
    closed({ by: Type.Number({ description: 'Clear this far back from the limit, in the unit of the rule.', minimum: 0 }) }, 'By difference.'),
  ],
  { description: 'How far a value must come back before a level is over; ratio 0.917 for upper limits, two resolutions for lower ones when absent.' },
)

const every = {
  id: Type.String({ description: 'Name of the rule, such as GAS-1.CO.', pattern: '^[A-Z][A-Z0-9]*-[0-9]+(\\.[A-Za-z0-9-]+)*$', maxLength: 64 }),
  version: Type.Integer({ description: 'Counts up when a number of the rule changes; part of the alarm id.', minimum: 1 }),
  title: closed({ zh: Type.String({ minLength: 1 }), en: Type.String({ minLength: 1 }) }, 'Name for people.'),
  isLatched: Type.Optional(Type.Boolean({ description: 'The alarm stays until an operator resets it.' })),
}
const onPoint = {
  ...every,
  for: PointSelector,
  levels: LevelLimits,
  minSamples: Type.Optional(Type.Integer({ description: 'Samples in a row beyond a limit, 2 when absent; always 1 for points that report on change.', minimum: 1, maximum: 1000 })),
  onDelayS: Type.Optional(seconds('Beyond a limit for this long before it counts, s.')),
  offDelayS: Type.Optional(seconds('Back for this long before a level ends, s.')),
  hysteresis: Type.Optional(Hysteresis),
}

/** A value against limits. */
export const LimitRule = closed(
  {
    kind: Type.Literal('limit'),
    ...onPoint,
    ratioTo: Type.Optional(
      Type.Union([Type.String({ minLength: 1 }), closed({ fact: Type.Optional(Type.String()), table: Type.Optional(Type.String()) }, 'Fact or table.')], {
        description: 'Limits are ratios to this fact or table: head count to approvedPersons, phreatic depth to its control depth.',
      }),
    ),
  },
  'A value against limits, or its ratio to a fact of the point.',
)
/** A change within a window of time. */
export const RateRule = closed(
  {
    kind: Type.Literal('rate'),
    ...onPoint,
    overS: seconds('Window, s: the value is compared with its lowest (rise) or highest (fall) within it.', 1),
    direction: Type.Union([Type.Literal('rise'), Type.Literal('fall'), Type.Literal('either')], { description: 'rise, fall, or either.' }),
    relative: Type.Optional(
      closed(
        { floor: Type.Number({ description: 'Smallest reference, so that a change from nearly nothing is not infinite.', exclusiveMinimum: 0 }) },
        'Change as a share of the reference; 0.2 is 20 %.',
      ),
    ),
  },
  'A change of the value within a window.',
)
/** Rain within a rolling window. */
export const RainRule = closed({ kind: Type.Literal('rain'), ...onPoint, overS: seconds('Window, s.', 60) }, 'Rain within a rolling window, mm.')
/** No data for too long. */
export const StaleRule = closed({ kind: Type.Literal('stale'), ...every, for: PointSelector, levels: LevelLimits }, 'No data for too long.')
/** A value that does not move while its peers do. */
export const StuckRule = closed(
  {
    kind: Type.Literal('stuck'),
    ...every,
    for: PointSelector,
    levels: LevelLimits,
    peers: Type.Union([Type.Literal('vary'), Type.Literal('ignore')], { description: 'vary: only while another point of the class in the same mine varies; ignore: whatever they do.' }),
  },
  'A value that does not move for too many periods.',
)
/** A value that jumps and comes back. */
export const SpikeRule = closed(
  {
    kind: Type.Literal('spike'),
    ...every,
    for: PointSelector,
    level: LevelName,
    stepResolutions: Type.Number({ description: 'Smallest jump, in resolutions of the point.', minimum: 1 }),
    source: Source,
    confidence: Confidence,
  },
  'A value that jumps away from the median of five by more than 6 MAD and returns within two periods.',
)
/** A quality that says the sensor is ill. */
export const SensorFaultRule = closed(
  {
    kind: Type.Literal('sensor-fault'),
    ...every,
    for: PointSelector,
    level: LevelName,
    qualities: Type.Array(Type.Integer({ minimum: 2, maximum: 8 }), { description: 'Qualities Q that mean it.', minItems: 1 }),
    minSamples: Type.Optional(Type.Integer({ description: 'Samples in a row, 2 when absent.', minimum: 1, maximum: 1000 })),
    source: Source,
    confidence: Confidence,
  },
  'A quality that says the sensor is ill.',
)
/** An expression over several points. */
export const CombinationRule = closed(
  {
    kind: Type.Literal('combination'),
    ...every,
    by: Type.String({ description: 'Fact that names the group of points looked at together; subject is the mine or pond, and stands in where a point lacks the fact.', minLength: 1 }),
    points: Type.Record(
      Type.String(),
      closed({ ...PointSelector.properties, isOptional: Type.Optional(Type.Boolean({ description: 'The rule holds where the group has no such point.' })) }, 'Which points take this role.'),
      { description: 'Roles, and which points take them.' },
    ),
    when: Type.Unknown({ description: 'Expression; see README.' }),
    level: LevelName,
    onDelayS: Type.Optional(seconds('True for this long before it counts, s.')),
    offDelayS: Type.Optional(seconds('Not true for this long before it ends, s.')),
    source: Source,
    confidence: Confidence,
  },
  'An expression over several points of a group.',
)

/** Any rule. */
export const Rule = Type.Union([LimitRule, RateRule, RainRule, StaleRule, StuckRule, SpikeRule, SensorFaultRule, CombinationRule], { description: 'A rule, by its kind.' })
export type Rule = Static<typeof Rule>
export type LimitRule = Static<typeof LimitRule>
export type RateRule = Static<typeof RateRule>
export type RainRule = Static<typeof RainRule>
export type StaleRule = Static<typeof StaleRule>
export type StuckRule = Static<typeof StuckRule>
export type SpikeRule = Static<typeof SpikeRule>
export type SensorFaultRule = Static<typeof SensorFaultRule>
export type CombinationRule = Static<typeof CombinationRule>
/** A rule that looks at one point alone. */
export type PointRule = Exclude<Rule, CombinationRule>

/** The schema of each kind, for messages about one rule. */
export const RULE_KINDS = {
  limit: LimitRule,
  rate: RateRule,
  rain: RainRule,
  stale: StaleRule,
  stuck: StuckRule,
  spike: SpikeRule,
  'sensor-fault': SensorFaultRule,
  combination: CombinationRule,
} as const

/** Numbers by a fact of the point: rows for words and grades, a line of pairs to interpolate between for quantities. */
export const LimitTable = closed(
  {
    by: Type.String({ description: 'Fact that picks the row.', minLength: 1 }),
    rows: Type.Optional(Type.Record(Type.String(), Type.Number(), { description: 'Number by value of the fact.' })),
    line: Type.Optional(Type.Array(Type.Array(Type.Number(), { minItems: 2, maxItems: 2 }), { description: 'Pairs fact, number, ascending; linear between them and constant outside.', minItems: 2 })),
    source: Source,
    confidence: Confidence,
  },
  'Numbers by a fact of the point.',
)
export type LimitTable = Static<typeof LimitTable>

/** What one point has otherwise than the rule says. */
export const Override = closed(
  {
    point: Type.String({ description: 'Point code.', minLength: 1 }),
    rule: Type.String({ description: 'Rule id.', minLength: 1 }),
    isOff: Type.Optional(Type.Boolean({ description: 'The rule does not hold for the point.' })),
    levels: Type.Optional(LevelLimits),
    source: Source,
  },
  'What one point has otherwise than the rule says.',
)
export type Override = Static<typeof Override>

/** A versioned set of rules. */
export const RuleSet = closed(
  {
    version: Type.Integer({ description: 'Counts up with every change.', minimum: 1 }),
    rules: Type.Array(Rule, { description: 'Rules.' }),
    tables: Type.Optional(Type.Record(Type.String(), LimitTable, { description: 'Tables by name.' })),
    overrides: Type.Optional(Type.Array(Override, { description: 'Numbers of single points.' })),
  },
  'A versioned set of alarm rules.',
)
export type RuleSet = Static<typeof RuleSet>
