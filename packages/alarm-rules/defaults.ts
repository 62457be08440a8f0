import { checkRuleSet } from './check-rule-set.ts'
import gasEnvironment from './defaults/gas-environment.json' with { type: 'json' }
import personnel from './defaults/personnel.json' with { type: 'json' }
import powerHoist from './defaults/power-hoist.json' with { type: 'json' }
import slope from './defaults/slope.json' with { type: 'json' }
import tailings from './defaults/tailings.json' with { type: 'json' }
import transmission from './defaults/transmission.json' with { type: 'json' }
import water from './defaults/water.json' with { type: 'json' }
import type { RuleSet } from './schema.ts'

// The six packs of KA25-100 and one for power and hoisting, which it does not name.
const PACKS = [gasEnvironment, personnel, water, slope, tailings, transmission, powerHoist]

/** The rules that hold where nobody has decided otherwise, as a rule set of version 1; a mine's own set begins as a copy. */
export function defaultRuleSet(): RuleSet {
  const tables = Object.fromEntries(PACKS.flatMap((pack) => ('tables' in pack ? Object.entries(pack.tables) : [])))
  return checkRuleSet({ version: 1, rules: PACKS.flatMap((pack): unknown[] => pack.rules), tables }, 'defaults')
}
