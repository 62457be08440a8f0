import { expect, test } from 'vitest'
import type { MineSummary } from '../../api/contract.ts'
import { byTrouble, standingOf } from './by-trouble.ts'

function mine(name: string, more: Partial<MineSummary> = {}): MineSummary {
  return { subjectCode: name, name, kind: '1', gateways: [{ id: 1, group: 'g', node: 'n', isOnline: true }], points: 10, good: 10, bad: 0, stale: 0, ...more }
}

const offline = [{ id: 1, group: 'g', node: 'n', isOnline: false }]

test('a gateway without link weighs more than any number of bad points', () =>
  expect(byTrouble([mine('a', { bad: 900 }), mine('b', { gateways: offline })]).map(({ name }) => name)).toEqual(['b', 'a']))
test('bad points weigh more than stale ones', () => expect(byTrouble([mine('a', { stale: 30 }), mine('b', { bad: 1 })]).map(({ name }) => name)).toEqual(['b', 'a']))
test('equals stand by name', () => expect(byTrouble([mine('c'), mine('a'), mine('b')]).map(({ name }) => name)).toEqual(['a', 'b', 'c']))
test('each standing has its word', () =>
  expect([mine('a'), mine('b', { stale: 1 }), mine('c', { gateways: offline }), mine('d', { gateways: [], points: 0 })].map(standingOf)).toEqual(['good', 'trouble', 'offline', 'empty']))
