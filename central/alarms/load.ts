import { checkRuleSet, defaultRuleSet, RuleSet } from '@orewatch/alarm-rules'
import { loadYaml } from '@orewatch/config'
import { type Static, Type } from 'typebox'

const Facts = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]), { description: 'Facts by name, such as damLevel: 3 or place: return-shaft.' })

/** Facts of mines and points that limits are taken from. */
export const AlarmFacts = Type.Object(
  {
    mines: Type.Record(Type.String({ pattern: '^[1-9][0-9]{11}$' }), Facts, { description: 'By subject code.', default: {} }),
    points: Type.Record(Type.String({ pattern: '^[1-9][0-9]{21}$' }), Facts, { description: 'By point code.', default: {} }),
  },
  { additionalProperties: false },
)
/** See the schema of the same name. */
export type AlarmFacts = Static<typeof AlarmFacts>

/** What raises alarms: the rule set and facts of the configured files, or the defaults. Throws ConfigError. */
export function loadAlarmSetup({ rulesFile, factsFile }: { readonly rulesFile?: string; readonly factsFile?: string }): { readonly ruleSet: RuleSet; readonly facts: AlarmFacts } {
  return {
    ruleSet: rulesFile === undefined ? defaultRuleSet() : checkRuleSet(loadYaml(rulesFile, RuleSet).value, rulesFile),
    facts: factsFile === undefined ? { mines: {}, points: {} } : loadYaml(factsFile, AlarmFacts).value,
  }
}
