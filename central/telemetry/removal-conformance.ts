import { columnsOf, type Sample } from '@orewatch/core'
import { expect, test } from 'vitest'
import { all, type Context, filled, INCARNATION, latest, latestOf, sample, T0 } from './conformance-context.ts'
import { DAY_MS, monthMs } from './conformance-samples.ts'

/** What retention may rely on: a part of the conformance suite. */
export function describeRemoval({ store, reopen, capabilities }: Context): void {
  // Points 1 and 2 are a class kept up to this month; point 3 is kept two months longer. A store may remove by whole months.
  const order = { othersBeforeMs: monthMs(-2), classes: [{ points: [1, 2], beforeMs: monthMs(0) }] }
  const written = [1, 2, 3].flatMap((point) => [-4, -1, 0].map((month) => sample(point, monthMs(month) + DAY_MS, { value: point })))
  const kept = written.filter(({ key, timeMs }) => timeMs >= (key === 3 ? monthMs(-2) : monthMs(0)))
  const everything = async (): Promise<Sample[]> => [...(await all(store(), 1)), ...(await all(store(), 2)), ...(await all(store(), 3))]

  test('looking what a removal would take removes nothing', async () => {
    await store().write(columnsOf(written), [])
    const parts = await store().remove(order, 'look')
    expect(parts.reduce((sum, { samples }) => sum + samples, 0)).toBe(capabilities.removesSamples ? 5 : 0)
    expect(await everything()).toEqual(written)
  })

  if (!capabilities.removesSamples) {
    test('declares that it removes nothing on request', async () => {
      await store().write(columnsOf(written), [])
      expect(await store().remove(order, 'remove')).toEqual([])
      expect(await everything()).toEqual(written)
    })
    return
  }

  test('what has outlived its class goes, what has not and all other points stay, also after a restart', async () => {
    await store().write(columnsOf(written), [])
    const parts = await store().remove(order, 'remove')
    expect(parts.reduce((sum, { samples }) => sum + samples, 0)).toBe(5)
    expect(await everything()).toEqual(kept)
    await reopen()
    expect(await everything()).toEqual(kept)
    expect(await latestOf(store(), [1, 2, 3])).toEqual([1, 2, 3].map((point) => latest(point, monthMs(0) + DAY_MS, { value: point })))
    expect(await store().remove(order, 'remove')).toEqual([])
  })

  test('writing goes on during and after a removal, and what is removed may come again', async () => {
    await store().write(columnsOf(written), [])
    const [, result] = await Promise.all([store().remove(order, 'remove'), store().write(columnsOf([sample(4, T0), sample(1, T0 + 1)]), [])])
    expect(result.stored).toBe(2)
    await store().write(columnsOf([sample(1, monthMs(-4) + DAY_MS, { value: 9 })]), [])
    expect((await all(store(), 1)).map(({ value }) => value)).toEqual([9, 1, 20])
    await reopen()
    expect(await latestOf(store(), [1, 4])).toEqual([latest(1, T0 + 1), latest(4, T0)])
  })

  if (capabilities.hasTransactionalRanges)
    test('outbox ranges outlive the samples they came with', async () => {
      await store().write(columnsOf([sample(1, monthMs(-4))]), [filled(0, 10)])
      await store().write(columnsOf([sample(1, monthMs(0))]), [filled(20, 1)])
      await store().remove({ othersBeforeMs: monthMs(0), classes: [] }, 'remove')
      await reopen()
      const expected = [
        { first: 0, count: 10 },
        { first: 20, count: 1 },
      ]
      expect([await store().count(), await store().storedRanges(1, INCARNATION)]).toEqual([1, new Map([['routine', expected]])])
    })
}
