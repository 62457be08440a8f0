import { checkRuleSet, defaultRuleSet, type RuleSet } from '@orewatch/alarm-rules'
import { loadYaml } from '@orewatch/config'
import { ConfigError } from '@orewatch/core'
import { type Static, Type } from 'typebox'

const Facts = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]), { description: 'Facts by name, such as damLevel: 3 or place: return-shaft.' })

/** Facts of mines and points that limits are taken from. */
export const AlarmFacts = Type.Object(
  {
    mines: Type.Record(Type.String(), Facts, { description: 'By subject code, 12 digits.', default: {} }),
    points: Type.Record(Type.String(), Facts, { description: 'By point code, 22 digits.', default: {} }),
  },
  { additionalProperties: false },
)
/** See the schema of the same name. */
export type AlarmFacts = Static<typeof AlarmFacts>

// checkRuleSet judges a rule by its kind, and so says of a wrong word what is wrong with that rule alone.
const AnyYaml = Type.Unknown()
const CODE_DIGITS = { mines: 12, points: 22 } as const

/** What raises alarms: the rule set and facts of the configured files, or the defaults. Throws ConfigError. */
export function loadAlarmSetup({ rulesFile, factsFile }: { readonly rulesFile?: string; readonly factsFile?: string }): { readonly ruleSet: RuleSet; readonly facts: AlarmFacts } {
  return {
    ruleSet: rulesFile === undefined ? defaultRuleSet() : checkRuleSet(loadYaml(rulesFile, AnyYaml).value, rulesFile),
    facts: factsFile === undefined ? { mines: {}, points: {} } : loadFacts(factsFile),
  }
}

// A fact under a mistyped code would be known of nobody, and the limit taken from it would never hold.
function loadFacts(file: string): AlarmFacts {
  const { value, lineOf } = loadYaml(file, AlarmFacts)
  const problems = (['mines', 'points'] as const).flatMap((section) =>
    Object.keys(value[section])
      .filter((code) => code.length !== CODE_DIGITS[section] || !/^[1-9]\d+$/.test(code))
      .map((code) => `${lineOf([section, code])}: ${section}.${code} is no code of ${CODE_DIGITS[section]} digits`),
  )
  if (problems.length > 0) throw new ConfigError(problems)
  return value
}
