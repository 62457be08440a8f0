import { expect, test } from 'vitest'
import { STAGES, type StageId, type WayStage } from '../../api/contract.ts'
import { figureForm, toChain } from './to-chain.ts'

const LIVE = { isLive: true }
const sentence = { zh: '', en: '' }

function stage(id: StageId): WayStage {
  return { id, state: 'ok', detail: sentence, figures: {} }
}

test('stages stand in the order of the way, whatever the order of the answer', () =>
  expect(toChain({ stages: STAGES.toReversed().map(stage), verdict: sentence }, LIVE).map((link) => link.id)).toEqual(STAGES))
test('a stage that the answer leaves out is unknown', () => expect(toChain({ stages: [stage('device')], verdict: sentence }, LIVE).find((link) => link.id === 'store')?.state).toBe('unknown'))
test('what stands behind the verdict is marked', () => {
  const chain = toChain({ stages: STAGES.map(stage), verdict: { ...sentence, stage: 'broker' } }, LIVE)
  expect(chain.filter((link) => link.isCulprit).map((link) => link.id)).toEqual(['broker'])
  expect(chain.filter((link) => link.isBeyond).map((link) => link.id)).toEqual(['ingest', 'store', 'screen'])
})
test('a page that is not live is itself the place where values stop', () => {
  const chain = toChain({ stages: STAGES.map(stage), verdict: sentence }, { isLive: false })
  expect(chain.at(-1)).toMatchObject({ id: 'screen', state: 'broken', isCulprit: true })
})
test('an earlier break stays the verdict when the page is not live either', () => {
  const chain = toChain({ stages: STAGES.map(stage), verdict: { ...sentence, stage: 'device' } }, { isLive: false })
  expect(chain.filter((link) => link.isCulprit).map((link) => link.id)).toEqual(['device'])
})
test('figures are written by their names', () => {
  expect(figureForm('lastReadMs', 1_700_000_000_000)).toEqual({ kind: 'moment', ms: 1_700_000_000_000 })
  expect(figureForm('ageMs', 65_000)).toEqual({ kind: 'span', ms: 65_000 })
  expect(figureForm('ageMs', 42)).toEqual({ kind: 'text', text: '42 ms' })
  expect(figureForm('diskBytes', 7_340_032)).toEqual({ kind: 'text', text: '7.0 MiB' })
  expect(figureForm('pending', 12_345)).toEqual({ kind: 'text', text: '12,345' })
})
