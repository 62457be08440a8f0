import { expect, test } from 'vitest'
import type { AlarmItem, AlarmLevel } from '../api/contract.ts'
import { makeAlarm } from '../test/make-alarm.ts'
import { MUTE_MS, newcomersOf, PATTERNS, planSound, RED_REPEAT_MS, SHORTEST_GAP_MS, SILENT, type SirenMemory } from './siren-plan.ts'

const ON = { canSound: true, mutedUntilMs: 0 }
const call = (id: string, level: AlarmLevel = 'yellow') => makeAlarm(id, { level })

/** What sounds when each step is looked at in turn. */
function sounds(steps: readonly { readonly atMs: number; readonly calling: readonly AlarmItem[]; readonly canSound?: boolean; readonly mutedUntilMs?: number }[]): (string | undefined)[] {
  let memory: SirenMemory = SILENT
  return steps.map(({ atMs, calling, ...more }) => {
    const plan = planSound(calling, memory, { ...ON, nowMs: atMs, ...more })
    memory = plan.memory
    return plan.play
  })
}

test('nothing to tell, no sound', () => expect(sounds([{ atMs: 0, calling: [] }])).toEqual([undefined]))
test('a yellow alarm sounds once', () => expect(sounds([0, 10_000, 20_000].map((atMs) => ({ atMs, calling: [call('a')] })))).toEqual(['yellow', undefined, undefined]))
test('a red one is repeated until somebody signs', () =>
  expect(
    sounds([
      { atMs: 0, calling: [call('a', 'red')] },
      { atMs: RED_REPEAT_MS - 1, calling: [call('a', 'red')] },
      { atMs: RED_REPEAT_MS, calling: [call('a', 'red')] },
      { atMs: 2 * RED_REPEAT_MS, calling: [] },
    ]),
  ).toEqual(['red', undefined, 'red', undefined]))
test('of a flood only the most severe sounds, once', () => {
  const flood = Array.from({ length: 5_000 }, (_, i) => call(`a${i}`, i === 77 ? 'orange' : 'blue'))
  expect(sounds([0, 1_000, 4_000, 60_000].map((atMs) => ({ atMs, calling: flood })))).toEqual(['orange', undefined, undefined, undefined])
})
test('a flood that goes on sounds no more often than the shortest gap allows', () => {
  const steps = Array.from({ length: 100 }, (_, i) => ({ atMs: i * 100, calling: Array.from({ length: i + 1 }, (__, n) => call(`a${n}`)) }))
  expect(sounds(steps).filter(Boolean)).toHaveLength(Math.ceil((99 * 100) / SHORTEST_GAP_MS))
})
test('an alarm that comes within the gap sounds after it', () =>
  expect(
    sounds([
      { atMs: 0, calling: [call('a')] },
      { atMs: 100, calling: [call('a'), call('b', 'red')] },
      { atMs: SHORTEST_GAP_MS, calling: [call('a'), call('b', 'red')] },
    ]),
  ).toEqual(['yellow', undefined, 'red']))
test('an alarm that becomes more severe sounds again', () =>
  expect(
    sounds([
      { atMs: 0, calling: [call('a')] },
      { atMs: 10_000, calling: [call('a', 'orange')] },
    ]),
  ).toEqual(['yellow', 'orange']))
test('an alarm that falls to a lower level does not', () =>
  expect(
    sounds([
      { atMs: 0, calling: [call('a', 'orange')] },
      { atMs: 10_000, calling: [call('a')] },
    ]),
  ).toEqual(['orange', undefined]))
test('what was signed for sounds again when it calls again', () =>
  expect(
    sounds([
      { atMs: 0, calling: [call('a')] },
      { atMs: 10_000, calling: [] },
      { atMs: 20_000, calling: [call('a')] },
    ]),
  ).toEqual(['yellow', undefined, 'yellow']))
test('what came while muted sounds when the time is over', () =>
  expect(
    sounds([
      { atMs: 0, calling: [call('a', 'orange')], mutedUntilMs: MUTE_MS },
      { atMs: MUTE_MS - 1, calling: [call('a', 'orange')], mutedUntilMs: MUTE_MS },
      { atMs: MUTE_MS, calling: [call('a', 'orange')], mutedUntilMs: MUTE_MS },
    ]),
  ).toEqual([undefined, undefined, 'orange']))
test('what came before the sound was enabled sounds then', () =>
  expect(
    sounds([
      { atMs: 0, calling: [call('a')], canSound: false },
      { atMs: 9_000, calling: [call('a')] },
    ]),
  ).toEqual([undefined, 'yellow']))
test('every pattern has two tones and ends before the next may begin', () => {
  for (const { hz, pairs, toneMs } of Object.values(PATTERNS)) {
    expect(hz[0]).not.toBe(hz[1])
    expect(pairs * 2 * toneMs).toBeLessThan(SHORTEST_GAP_MS)
  }
})
test('newcomers are those not told of, and those that became more severe', () =>
  expect(
    newcomersOf(
      [call('a'), call('b', 'red'), call('c')],
      new Map([
        ['a', 1],
        ['b', 1],
      ]),
    ).map(({ id }) => id),
  ).toEqual(['b', 'c']))
