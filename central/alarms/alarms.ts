/*
 * The port of alarms: what is wrong now, what was, and what people did about it. Alarms come to be in engine.ts, are kept
 * by journal.ts and shown by central/api. The rules themselves and their arithmetic are packages/alarm-rules.
 */
import type { Level, SavedEvaluator, Transition } from '@orewatch/alarm-rules'
import type { DataScope } from '../registry/registry.ts'

/** One episode of one rule. All times UTC ms. */
export interface Alarm {
  /** Identity of 32 hex digits, the same at gateway and central. */
  readonly id: string
  readonly ruleId: string
  readonly ruleVersion: number
  /** Point code, or what a rule over several points is about. */
  readonly subject: string
  readonly pointId?: number
  /** Mine or pond; absent for what concerns central as a whole. */
  readonly subjectCode?: string
  readonly divisionCode?: string
  readonly level: Level
  readonly startMs: number
  readonly endMs?: number
  /** Event time of the newest transition. */
  readonly atMs: number
  readonly value?: number
  readonly limit?: number
  readonly peak?: number
  readonly area: number
  readonly isActive: boolean
  readonly isValueUnknown: boolean
  readonly isHistorical: boolean
  readonly isAcknowledged: boolean
  readonly acknowledgedBy?: string
  readonly acknowledgedMs?: number
  readonly shelvedUntilMs?: number
  /** Alarm that explains this one. */
  readonly suppressedBy?: string
  readonly isOutOfService: boolean
  readonly cause?: string
  readonly note?: string
  /** When central and gateway came to it. */
  readonly raisedMs?: number
  readonly gatewayMs?: number
  /** Counts changes; an action names the revision that its person saw. */
  readonly revision: number
}

/** What happened to an alarm. */
export interface AlarmLogEntry {
  readonly id: number
  /** A transition of the evaluator, or an action of a person. */
  readonly kind: string
  readonly atMs: number
  readonly level: Level
  readonly value?: number
  readonly limit?: number
  /** Login; absent for a transition. */
  readonly actor?: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly recordedMs: number
}

/** What to list, newest start first. */
export interface AlarmQuery {
  readonly scope: DataScope
  /** `open` is active or not acknowledged, without historical ones. */
  readonly state: 'open' | 'active' | 'unacknowledged' | 'shelved' | 'historical' | 'all'
  readonly subjectCode?: string
  readonly pointId?: number
  readonly level?: Level
  /** Only of rules whose name begins so. */
  readonly rulePrefix?: string
  /** Alarms that overlap from ≤ time < to. */
  readonly fromMs?: number
  readonly toMs?: number
  /** `next` of the page before. */
  readonly after?: string
  /** 1–1,000. */
  readonly limit: number
}

/** What a person does to an alarm. */
export type AlarmAction =
  | { readonly kind: 'acknowledge'; readonly note?: string }
  /** Quiet until a time, at most the longest that is allowed. */
  | { readonly kind: 'shelve'; readonly untilMs: number; readonly note: string }
  | { readonly kind: 'unshelve'; readonly note?: string }
  | { readonly kind: 'take-out-of-service'; readonly note: string }
  | { readonly kind: 'return-to-service'; readonly note?: string }
  /** Cause code of S17 and what was done. */
  | { readonly kind: 'explain'; readonly cause: AlarmCause; readonly note: string }

/** Cause codes of S17. */
export const ALARM_CAUSES = {
  real: { zh: '真实异常', en: 'real abnormality' },
  calibration: { zh: '标校', en: 'calibration' },
  'sensor-fault': { zh: '传感器故障', en: 'sensor fault' },
  blasting: { zh: '爆破影响（炮烟）', en: 'blasting fumes' },
  maintenance: { zh: '检修', en: 'maintenance' },
  false: { zh: '误报', en: 'false alarm' },
  'power-cut': { zh: '停电', en: 'power cut' },
  network: { zh: '网络', en: 'network' },
} as const
export type AlarmCause = keyof typeof ALARM_CAUSES

/** What a person reads of a rule. */
export interface RuleWords {
  readonly title: { readonly zh: string; readonly en: string }
  /**
   * What value, limit and peak of its alarms are: the point's own value (or its change), rain in mm, a silence in seconds,
   * periods without a move, or the truth of a condition, which is no number to show.
   */
  readonly measures: 'value' | 'rain' | 'seconds' | 'periods' | 'truth'
}

/** A transition with what the register knows of its subject. */
export interface PlacedTransition {
  readonly transition: Transition
  readonly pointId?: number
  readonly subjectCode?: string
  /** Alarm that explains it from the start. */
  readonly suppressedBy?: string
}

/** Who tells of transitions. */
export type Teller = 'central' | 'gateway' | 'backlog'

/** Keeps alarms. Every method rejects with ALARM_* or RELATIONAL_* errors only. */
export interface AlarmJournal {
  /**
   * Resolves to the alarms that changed when the transitions survive a power cut. A transition that is known already, by
   * the same or the other teller, changes nothing; one older than what is known is only logged.
   */
  apply(transitions: readonly PlacedTransition[], teller: Teller): Promise<readonly Alarm[]>
  /** Does what a person asks; rejects with ALARM_STALE when somebody was faster, with another ALARM_* when the state forbids it. */
  act(id: string, revision: number, actor: string, action: AlarmAction): Promise<Alarm>
  /** Marks alarms as explained by another one, or as explained by none. */
  suppress(ids: readonly string[], by: string | undefined): Promise<readonly Alarm[]>
  /** Ends shelvings whose time is over. */
  unshelveDue(): Promise<readonly Alarm[]>
  get(id: string): Promise<Alarm | undefined>
  list(query: AlarmQuery): Promise<{ readonly rows: readonly Alarm[]; readonly next?: string }>
  log(id: string): Promise<readonly AlarmLogEntry[]>
  /** Counts of open alarms by mine and level. */
  openCounts(scope: DataScope): Promise<readonly { readonly subjectCode: string; readonly level: Level; readonly count: number; readonly unacknowledged: number }[]>
}

/** A span of a mine's samples, UTC ms, both ends included. */
export interface BacklogSpan {
  readonly subjectCode: string
  readonly fromMs: number
  readonly toMs: number
}

/** What the evaluation remembers between two runs, by mine. Rejects with RELATIONAL_* errors only. */
export interface AlarmCheckpoints {
  load(): Promise<ReadonlyMap<string, SavedEvaluator>>
  save(subjectCode: string, state: SavedEvaluator): Promise<void>
  /** Adds spans that came as a backlog; those of one mine merge. Resolves when they survive a power cut. */
  addBacklog(spans: readonly BacklogSpan[]): Promise<void>
  backlog(): Promise<readonly BacklogSpan[]>
  /** Takes a span out unless it has grown meanwhile. */
  backlogDone(span: BacklogSpan): Promise<void>
}
