import { STAGES, type StageId, type StageState, type Way, type WayStage } from '../../api/contract.ts'

/** One link of the chain as drawn. */
export interface ChainLink {
  readonly id: StageId
  readonly stage: WayStage | undefined
  readonly state: StageState
  /** The verdict points here. */
  readonly isCulprit: boolean
  /** Values do not get past the culprit, so what stands after it says nothing of its own. */
  readonly isBeyond: boolean
}

/** What this page knows of its own last stage, which central cannot know. */
export interface ScreenState {
  readonly isLive: boolean
}

/** The stages in their order, also those that an answer leaves out, with the verdict's place marked. */
export function toChain(way: Pick<Way, 'stages' | 'verdict'>, screen: ScreenState): ChainLink[] {
  const stages = new Map(way.stages.map((stage) => [stage.id, stage]))
  const culprit = verdictStage(way, screen)
  const culpritIndex = culprit === undefined ? STAGES.length : STAGES.indexOf(culprit)
  return STAGES.map((id, index) => {
    const stage = stages.get(id)
    const state = id === 'screen' && !screen.isLive ? 'broken' : (stage?.state ?? 'unknown')
    return { id, stage, state, isCulprit: id === culprit, isBeyond: index > culpritIndex }
  })
}

/** The stage at which values stop: central's verdict, or this screen when only the screen is cut off. */
export function verdictStage(way: Pick<Way, 'verdict'>, screen: ScreenState): StageId | undefined {
  return way.verdict.stage ?? (screen.isLive ? undefined : 'screen')
}

/** A figure in words: `…Ms` near now is a moment, otherwise a span; `…Bytes` has a binary unit. */
export type FigureForm = { readonly kind: 'moment' | 'span'; readonly ms: number } | { readonly kind: 'text'; readonly text: string }

// Spans are never this long, moments always are (1990).
const FIRST_MOMENT_MS = 631_152_000_000

/** How a figure should be written, judged by its name. */
export function figureForm(name: string, value: number | string): FigureForm {
  if (typeof value === 'string') return { kind: 'text', text: value }
  if (/(^ms|Ms)$/.test(name)) {
    if (value >= FIRST_MOMENT_MS) return { kind: 'moment', ms: value }
    return Math.abs(value) < 1_000 ? { kind: 'text', text: `${Math.round(value)} ms` } : { kind: 'span', ms: value }
  }
  if (/(^bytes|Bytes)$/.test(name)) return { kind: 'text', text: bytesText(value) }
  return { kind: 'text', text: Number.isInteger(value) ? value.toLocaleString('en') : String(Number(value.toPrecision(4))) }
}

function bytesText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  return bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`
}
