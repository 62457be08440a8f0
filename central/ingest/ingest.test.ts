/* The port IngestSource and the way behind it, on real brokers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { columnsOf } from '@orewatch/core'
import { isMosquittoAvailable, MOSQUITTO_HINT } from '@orewatch/testkit'
import { DATA_TYPES, encodePayload } from '@orewatch/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { type BrokerKind, connectIngest, openRig, pointsOf, type Rig, until } from './test/rig.ts'

const NOW = Date.now() - 60_000
const brokers: readonly { readonly kind: BrokerKind; readonly isAvailable: boolean; readonly title: string }[] = [
  { kind: 'aedes', isAvailable: true, title: 'ingest on the embedded broker' },
  { kind: 'mosquitto', isAvailable: isMosquittoAvailable(), title: isMosquittoAvailable() ? 'ingest on Mosquitto' : `ingest on Mosquitto (${MOSQUITTO_HINT})` },
]

for (const { kind, isAvailable, title } of brokers) {
  describe.skipIf(!isAvailable)(title, () => {
    let rig: Rig
    afterEach(async () => await rig.stop())

    async function born(node = 'g1', options: Parameters<Rig['gateway']>[1] = {}): ReturnType<Rig['gateway']> {
      const gateway = await rig.gateway(node, options)
      gateway.birth()
      await until(() => gateway.answers.length > 0)
      return gateway
    }

    test('a birth is answered with everything that is stored, which is nothing at first', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      expect(gateway.answers).toEqual([{ incarnation: '0123456789abcdef', isComplete: true, streams: new Map() }])
    })

    test('samples are stored under their register ids and confirmed by position', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      gateway.data('dev', 0, [
        [10, NOW, 1.5],
        [11, NOW, 2.5],
      ])
      await until(() => gateway.hasConfirmed(0, 2))
      const { store, relational } = rig
      expect(store.samples.get(relational.pointId('dev', 'p0'))?.get(NOW)?.value).toBe(1.5)
      expect(store.samples.get(relational.pointId('dev', 'p1'))?.get(NOW)?.value).toBe(2.5)
    })

    test('the answer to the next birth holds what was stored before, also of records and refused samples', async () => {
      rig = await openRig(kind)
      rig.relational.refusals.set('dev/p3', 'unknown-point')
      const gateway = await born()
      gateway.data('dev', 0, [
        [10, NOW, 1],
        [11, NOW, 2],
      ])
      gateway.data('dev', 2, [[13, NOW, 3]], { stream: 'routine' })
      gateway.records('event', 0, [{ schema: 'test.thing/1', timeMs: NOW, body: {} }])
      await until(() => gateway.hasConfirmed(0, 2) && gateway.hasConfirmed(2, 1, 'routine') && gateway.hasConfirmed(0, 1, 'event'))
      gateway.birth()
      await until(() => gateway.answers.length === 2)
      expect(Object.fromEntries(gateway.answers[1]?.streams ?? [])).toEqual({
        vital: [{ first: 0, count: 2 }],
        routine: [{ first: 2, count: 1 }],
        event: [{ first: 0, count: 1 }],
      })
    })

    test('a message sent again is confirmed again and stored once', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      gateway.data('dev', 0, [[10, NOW, 1]])
      await until(() => gateway.hasConfirmed(0, 1))
      const { writes } = rig.store
      gateway.confirmed.clear()
      gateway.data('dev', 0, [[10, NOW, 1]])
      await until(() => gateway.hasConfirmed(0, 1))
      expect(rig.store.writes).toBe(writes)
      expect(await rig.store.count()).toBe(1)
    })

    test('events and alarms go to the record store with their positions', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      gateway.records('alarm', 7, [{ schema: 'gas.limit/1', timeMs: NOW, device: 'dev', body: { level: 2 } }])
      await until(() => gateway.hasConfirmed(7, 1, 'alarm'))
      expect(rig.relational.recorded).toMatchObject([{ stream: 'alarm', records: [{ position: 7, record: { schema: 'gas.limit/1', device: 'dev', body: { level: 2 } } }] }])
    })

    test('a record that is none is kept as text in quarantine and confirmed', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      gateway.records('event', 0, ['{"schema":'])
      await until(() => gateway.hasConfirmed(0, 1, 'event'))
      expect(rig.relational.quarantined).toMatchObject([{ reason: 'bad-record', value: '{"schema":', position: { stream: 'event', position: 0 } }])
    })

    test('backlog and live data are both taken, and the backlog does not change the latest value', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      gateway.data('dev', 5, [[10, NOW, 9]])
      gateway.data('dev', 0, [[10, NOW - 86_400_000, 1]], { isHistorical: true })
      await until(() => gateway.hasConfirmed(0, 1) && gateway.hasConfirmed(5, 1))
      const point = rig.relational.pointId('dev', 'p0')
      expect(rig.ingest.latest(point)).toMatchObject({ timeMs: NOW, value: 9 })
      expect(rig.store.samples.get(point)?.get(NOW - 86_400_000)).toMatchObject({ value: 1, flags: 1 })
    })

    test('a store that hangs costs no memory beyond the bound, and nothing is lost', async () => {
      rig = await openRig(kind, { limits: { maxQueueBytes: 64 * 1024 } })
      const gateway = await born()
      rig.store.faults.set('hangs')
      const messages = Array.from({ length: 200 }, (_, i) => Array.from({ length: 50 }, (__, k) => [10, NOW + i * 50 + k, i] as const))
      for (const [i, samples] of messages.entries()) gateway.data('dev', i * 50, samples)
      await until(() => rig.ingest.stats().dropped > 0)
      await sleep(100)
      expect(rig.ingest.stats().queueBytes).toBeLessThanOrEqual(64 * 1024)
      expect(rig.ingest.health()).toMatchObject({ ok: false })
      expect(gateway.hasConfirmed(0, 1)).toBe(false)
      rig.store.faults.set('works')
      // What a gateway does: send what was not confirmed again until it is.
      while (!gateway.hasConfirmed(0, 10_000)) {
        for (const [i, samples] of messages.entries()) if (!gateway.hasConfirmed(i * 50, 50)) gateway.data('dev', i * 50, samples)
        await sleep(50)
      }
      expect(await rig.store.count()).toBe(10_000)
    })

    test('a full disk is said, nothing is confirmed meanwhile, and everything is stored afterwards', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      rig.store.faults.set('disk-full')
      gateway.data('dev', 0, [[10, NOW, 1]])
      await until(() => !rig.ingest.health().ok)
      expect(rig.ingest.health().note).toContain('No space left on device')
      await sleep(300)
      expect(gateway.confirmed.size).toBe(0)
      rig.store.faults.set('works')
      await until(() => gateway.hasConfirmed(0, 1))
      expect(rig.ingest.health().ok).toBe(true)
      expect(await rig.store.count()).toBe(1)
    })

    test('what must be quarantined is not confirmed before the quarantine has it', async () => {
      rig = await openRig(kind)
      rig.relational.refusals.set('dev/p1', 'unit-mismatch')
      const gateway = await born()
      rig.relational.faults.set('disk-full')
      gateway.data('dev', 0, [
        [10, NOW, 1],
        [11, NOW, 2],
      ])
      await until(() => !rig.ingest.health().ok)
      expect(await rig.store.count()).toBe(0)
      rig.relational.faults.set('works')
      await until(() => gateway.hasConfirmed(0, 2))
      expect(rig.relational.quarantined).toMatchObject([{ device: 'dev', metric: 'p1', reason: 'unit-mismatch', value: 2, position: { stream: 'vital', position: 1 } }])
      expect(await rig.store.count()).toBe(1)
    })

    test('samples of a gateway that is not in the register go to quarantine whole', async () => {
      rig = await openRig(kind, { registered: [] })
      const gateway = await born('g4')
      gateway.data('dev', 0, [
        [10, NOW, 1],
        [11, NOW, 2],
      ])
      await until(() => gateway.hasConfirmed(0, 2))
      expect(rig.relational.quarantined).toMatchObject([
        { gatewayKey: '990101/g4', device: 'dev', metric: 'p0', reason: 'unknown-gateway', value: 1 },
        { gatewayKey: '990101/g4', device: 'dev', metric: 'p1', reason: 'unknown-gateway', value: 2 },
      ])
      expect(rig.relational.securityEvents).toMatchObject([{ kind: 'unknown-gateway', subject: '990101/g4' }])
    })

    test('a gateway that is registered while it reports is taken from then on', async () => {
      rig = await openRig(kind, { registered: [] })
      const gateway = await born('g4')
      rig.relational.register('990101', 'g4')
      rig.ingest.refresh('990101', 'g4')
      await until(() => gateway.rebirthRequests > 0)
      gateway.birth()
      await until(() => gateway.answers.length === 2)
      gateway.data('dev', 0, [[10, NOW, 1]])
      await until(() => gateway.hasConfirmed(0, 1))
      expect(await rig.store.count()).toBe(1)
    })

    test('an adopted point is taken without a new birth', async () => {
      rig = await openRig(kind)
      rig.relational.refusals.set('dev/p0', 'unknown-point')
      const gateway = await born()
      gateway.data('dev', 0, [[10, NOW, 1]])
      await until(() => gateway.hasConfirmed(0, 1))
      rig.relational.refusals.clear()
      rig.ingest.refresh('990101', 'g1')
      await until(() => rig.relational.pointId('dev', 'p0') > 0)
      gateway.data('dev', 1, [[10, NOW + 1, 2]])
      await until(() => gateway.hasConfirmed(0, 2))
      expect(rig.store.samples.get(rig.relational.pointId('dev', 'p0'))?.get(NOW + 1)?.value).toBe(2)
    })

    test('samples more than five minutes ahead go to quarantine, late ones do not', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      const ahead = Date.now() + 400_000
      gateway.data('dev', 0, [
        [10, ahead, 1],
        [11, Date.now() + 200_000, 2],
        [12, Date.now() - 40 * 86_400_000, 3],
      ])
      await until(() => gateway.hasConfirmed(0, 3))
      expect(rig.relational.quarantined).toMatchObject([{ metric: 'p0', reason: 'time-skew', timeMs: ahead, value: 1 }])
      expect(await rig.store.count()).toBe(2)
      expect(rig.ingest.trace(rig.relational.pointId('dev', 'p0'))).toMatchObject({ refusal: 'time-skew' })
    })

    test('infinity that a gateway calls good is stored as suspect and without a value', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      gateway.data('dev', 0, [
        [10, NOW, Number.POSITIVE_INFINITY],
        [11, NOW, Number.NEGATIVE_INFINITY],
      ])
      await until(() => gateway.hasConfirmed(0, 2))
      for (const metric of ['p0', 'p1']) expect(rig.store.samples.get(rig.relational.pointId('dev', metric))?.get(NOW)).toMatchObject({ value: Number.NaN, quality: 8 })
    })

    test('of two contradicting samples the first is kept and the second quarantined, also when the store cannot tell', async () => {
      rig = await openRig(kind, { capabilities: { detectsConflicts: false } })
      const gateway = await born()
      gateway.data('dev', 0, [[10, NOW, 1]])
      await until(() => gateway.hasConfirmed(0, 1))
      gateway.data('dev', 1, [
        [10, NOW, 2],
        [11, NOW, 5],
      ])
      await until(() => gateway.hasConfirmed(0, 3))
      expect(rig.store.samples.get(rig.relational.pointId('dev', 'p0'))?.get(NOW)?.value).toBe(1)
      expect(rig.relational.quarantined).toMatchObject([{ gatewayKey: '990101/g1', device: 'dev', metric: 'p0', reason: 'conflict', value: 2 }])
      expect(await rig.store.count()).toBe(2)
    })

    test('a sample that contradicts one stored long ago is quarantined when the store tells', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      const point = rig.relational.pointId('dev', 'p0')
      await rig.store.write(columnsOf([{ key: point, timeMs: NOW, value: 1, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0 }]), [])
      gateway.data('dev', 0, [
        [11, NOW, 5],
        [10, NOW, 2],
      ])
      await until(() => gateway.hasConfirmed(0, 2))
      expect(rig.store.samples.get(point)?.get(NOW)?.value).toBe(1)
      expect(rig.relational.quarantined).toMatchObject([{ gatewayKey: '990101/g1', device: 'dev', metric: 'p0', reason: 'conflict', value: 2 }])
      expect(rig.ingest.latest(point)).toBeUndefined()
    })

    test('while the quarantine is away, messages that do not need it go on', async () => {
      rig = await openRig(kind, { limits: { maxWrites: 1 } })
      rig.relational.refusals.set('dev/p1', 'unknown-point')
      const gateway = await born()
      rig.relational.faults.set('disk-full')
      for (let i = 0; i < 5; i++) gateway.data('dev', i, [[11, NOW + i, 1]])
      await until(() => !rig.ingest.health().ok)
      gateway.data('dev', 100, [[10, NOW, 1]])
      await until(() => gateway.hasConfirmed(100, 1))
      expect(gateway.hasConfirmed(0, 1)).toBe(false)
      rig.relational.faults.set('works')
      while (!gateway.hasConfirmed(0, 5)) {
        for (let i = 0; i < 5; i++) if (!gateway.hasConfirmed(i, 1)) gateway.data('dev', i, [[11, NOW + i, 1]])
        await sleep(50)
      }
      expect(rig.relational.quarantined.map((sample) => sample.timeMs).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4].map((i) => NOW + i))
    })

    test('a batch that the store refuses for good is not confirmed and holds nothing', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      rig.store.faults.set('refuses')
      gateway.data('dev', 0, [[10, NOW, 1]])
      await until(() => rig.ingest.stats().counters.dropped.get('store-refused') === 1)
      expect(rig.ingest.stats().queueBytes).toBe(0)
      rig.store.faults.set('works')
      gateway.data('dev', 0, [[10, NOW, 1]])
      await until(() => gateway.hasConfirmed(0, 1))
    })

    test('ranges are kept beside a store that has none', async () => {
      rig = await openRig(kind, { capabilities: { hasTransactionalRanges: false } })
      const gateway = await born()
      gateway.data('dev', 3, [[10, NOW, 1]])
      await until(() => gateway.hasConfirmed(3, 1))
      expect(await rig.relational.ranges.load(1, '0123456789abcdef')).toEqual(new Map([['vital', [{ first: 3, count: 1 }]]]))
    })

    test('damaged bytes and wrong counts are dropped, counted and reported, and the gateway goes on', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      gateway.publish('DDATA', 'dev', Buffer.from([0x12, 0xff, 0x01, 0x02]))
      gateway.data('dev', 0, [[10, NOW, 1]], { runs: [{ first: 0, count: 2 }] })
      gateway.data('dev', 9, [[10, NOW, 1]])
      await until(() => gateway.hasConfirmed(9, 1))
      expect(rig.ingest.stats().counters.dropped.get('malformed')).toBe(2)
      expect(gateway.hasConfirmed(0, 1)).toBe(false)
      expect(rig.relational.securityEvents.map((event) => event.kind)).toEqual(['malformed-message', 'malformed-message'])
    })

    test('a payload of more than 1 MiB is dropped and reported', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      gateway.publish('DDATA', 'dev', Buffer.alloc(1024 ** 2 + 1))
      gateway.data('dev', 0, [[10, NOW, 1]])
      await until(() => gateway.hasConfirmed(0, 1))
      expect(rig.ingest.stats().counters.dropped.get('oversized')).toBe(1)
      expect(rig.relational.securityEvents).toMatchObject([{ kind: 'malformed-message', detail: { why: 'oversized' } }])
    })

    test('two programs with one identity raise a security event', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      for (const session of ['session-b', 'session-a']) {
        const answered = gateway.answers.length
        gateway.birth({ session })
        await until(() => gateway.answers.length > answered)
      }
      expect(rig.relational.securityEvents).toMatchObject([{ kind: 'duplicate-identity', subject: '990101/g1' }])
    })

    test('a restarted gateway program is no second identity', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      for (const session of ['session-b', 'session-c', 'session-d']) {
        const answered = gateway.answers.length
        gateway.birth({ session })
        await until(() => gateway.answers.length > answered)
      }
      expect(rig.relational.securityEvents).toEqual([])
    })

    test('an outbox that is behind what is stored is reported as a restored image', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      gateway.data('dev', 10, [[10, NOW, 1]])
      await until(() => gateway.hasConfirmed(10, 1))
      gateway.birth({ next: new Map([['vital', 5]]) })
      await until(() => gateway.answers.length === 2)
      expect(rig.relational.securityEvents).toMatchObject([{ kind: 'restored-image', detail: { streams: ['vital'] } }])
    })

    test('after a restart of ingest data without a birth makes it ask for one, and nothing is confirmed before', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      await rig.ingest.stop()
      const again = connectIngest(rig.broker.url, rig.store, rig.relational)
      await until(() => again.brokerHealth().ok)
      gateway.data('dev', 0, [[10, NOW, 1]])
      await until(() => gateway.rebirthRequests > 0)
      expect(gateway.hasConfirmed(0, 1)).toBe(false)
      gateway.birth()
      await until(() => gateway.answers.length === 2)
      gateway.data('dev', 0, [[10, NOW, 1]])
      await until(() => gateway.hasConfirmed(0, 1))
      await again.stop()
    })

    test('an alias that no birth declares makes central ask once, and then goes to quarantine', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      gateway.data('dev', 0, [[77, NOW, 1]])
      await until(() => gateway.rebirthRequests === 1)
      expect(gateway.hasConfirmed(0, 1)).toBe(false)
      await sleep(5)
      gateway.birth()
      await until(() => gateway.answers.length === 2)
      gateway.data('dev', 0, [[77, NOW, 1]])
      await until(() => gateway.hasConfirmed(0, 1))
      expect(rig.relational.quarantined).toMatchObject([{ metric: 'alias 77', reason: 'unknown-point', value: 1 }])
    })

    test('the status of a gateway is kept and shown, and its death too', async () => {
      rig = await openRig(kind)
      const gateway = await born()
      gateway.status('{"timeMs":5,"devices":{},"outbox":{"incarnation":"x","pending":3,"diskBytes":1},"uplink":{},"clock":{}}')
      await until(() => rig.ingest.session(1).status !== undefined)
      expect(rig.ingest.session(1)).toMatchObject({ isOnline: true, status: { timeMs: 5, outbox: { pending: 3 } } })
      gateway.client.stream.destroy()
      await until(() => !rig.ingest.session(1).isOnline)
    })

    test('alarms are told of what is historical also when a foreign gateway sends it beside what is live', async () => {
      const noted: number[] = []
      const alarms = { noteBacklog: async ({ count }: { readonly count: number }) => void noted.push(count), take: () => undefined, takeRecords: async () => undefined }
      rig = await openRig(kind, { alarms })
      const gateway = await rig.gateway('g2', { points: [] })
      gateway.publish('NBIRTH', undefined, encodePayload({ timestampMs: NOW, seq: 0, metrics: [{ name: 'bdSeq', dataType: DATA_TYPES.Int64, value: 0 }] }))
      gateway.publish('DBIRTH', 'plc', encodePayload({ timestampMs: NOW, seq: 1, metrics: [{ name: 'co', dataType: DATA_TYPES.Int16, isNull: true }] }))
      const co = { name: 'co', dataType: DATA_TYPES.Int16 }
      gateway.publish(
        'DDATA',
        'plc',
        encodePayload({
          timestampMs: NOW + 2,
          seq: 2,
          metrics: [
            { ...co, value: 5 },
            { ...co, value: 150, timestampMs: NOW - 60_000, isHistorical: true },
          ],
        }),
      )
      await until(() => rig.store.samples.get(rig.relational.pointId('plc', 'co'))?.has(NOW - 60_000) === true)
      expect(noted.length).toBeGreaterThan(0)
    })

    test('a foreign gateway without acknowledgement is taken by name and alias, and a gap in seq is recorded', async () => {
      rig = await openRig(kind)
      const gateway = await rig.gateway('g2', { points: [] })
      const bdSeq = { name: 'bdSeq', dataType: DATA_TYPES.Int64, value: 0 }
      gateway.publish('NBIRTH', undefined, encodePayload({ timestampMs: NOW, seq: 0, metrics: [bdSeq] }))
      gateway.publish(
        'DBIRTH',
        'plc',
        encodePayload({
          timestampMs: NOW,
          seq: 1,
          metrics: [
            { name: 'by-name', dataType: DATA_TYPES.Int16, value: -7, timestampMs: NOW },
            { name: 'by-alias', alias: 2 ** 40, dataType: DATA_TYPES.Int16, isNull: true },
            { name: 'counter', dataType: DATA_TYPES.UInt64, isNull: true },
            { name: 'label', dataType: DATA_TYPES.String, value: 'A' },
          ],
        }),
      )
      gateway.publish(
        'DDATA',
        'plc',
        encodePayload({
          timestampMs: NOW + 1,
          seq: 2,
          metrics: [
            { name: 'by-name', value: 65_529, dataType: DATA_TYPES.Int16 },
            { alias: 2 ** 40, value: -2, dataType: DATA_TYPES.Int16 },
            { name: 'counter', value: 2n ** 60n + 1n },
            { name: 'label', value: 'B' },
          ],
        }),
      )
      gateway.publish('DDATA', 'plc', encodePayload({ timestampMs: NOW + 2, seq: 9, metrics: [{ name: 'by-name', dataType: DATA_TYPES.Int16, value: 5 }] }))
      await until(() => (rig.store.samples.get(rig.relational.pointId('plc', 'by-name'))?.size ?? 0) === 3)
      const values = (name: string): number[] => [...(rig.store.samples.get(rig.relational.pointId('plc', name)) ?? [])].map(([, sample]) => sample.value)
      expect(values('by-name')).toEqual([-7, -7, 5])
      expect(values('by-alias')).toEqual([-2])
      expect(rig.relational.quarantined).toMatchObject([
        { metric: 'counter', reason: 'unsupported-type', value: 2n ** 60n + 1n },
        { metric: 'label', reason: 'unsupported-type', value: 'B' },
      ])
      await until(() => gateway.rebirthRequests > 0 && rig.relational.completenessEvents.some((event) => event.kind === 'sequence-gap'))
      expect(rig.relational.completenessEvents.find((event) => event.kind === 'sequence-gap')?.detail).toMatchObject({ gaps: 1, missing: 6 })
    })

    test('what a foreign gateway says once, in its birth, of a point that nobody registered waits in quarantine', async () => {
      rig = await openRig(kind)
      const gateway = await rig.gateway('g2', { points: [] })
      rig.relational.refusals.set('plc/valve', 'unknown-point')
      gateway.publish('NBIRTH', undefined, encodePayload({ timestampMs: NOW, seq: 0, metrics: [{ name: 'bdSeq', dataType: DATA_TYPES.Int64, value: 0 }] }))
      const valve = { name: 'valve', dataType: DATA_TYPES.Double, value: 1, timestampMs: NOW }
      const silent = { name: 'label', dataType: DATA_TYPES.String, value: 'A' }
      gateway.publish('DBIRTH', 'plc', encodePayload({ timestampMs: NOW, seq: 1, metrics: [valve, silent] }))
      await until(() => rig.relational.quarantined.length > 0)
      expect(rig.relational.quarantined).toMatchObject([{ metric: 'valve', reason: 'unknown-point', value: 1 }])
    })

    test('order of births and data holds while the register is away', async () => {
      rig = await openRig(kind)
      const gateway = await rig.gateway('g1')
      rig.relational.faults.set('disk-full')
      gateway.birth()
      await until(() => !rig.ingest.health().ok)
      gateway.data('dev', 0, [[10, NOW, 1]])
      await sleep(50)
      rig.relational.faults.set('works')
      await until(() => gateway.hasConfirmed(0, 1))
      expect(await rig.store.count()).toBe(1)
    })

    test('subscribers of the live feed hear the newest value of each point', async () => {
      rig = await openRig(kind)
      const gateway = await born('g1', { points: pointsOf('dev', 2) })
      const heard: number[][] = []
      const stop = rig.ingest.onSamples((samples) => {
        for (let i = 0; i < samples.count; i++) heard.push([samples.key[i] as number, samples.value[i] as number])
      })
      gateway.data('dev', 0, [
        [10, NOW, 1],
        [10, NOW + 1, 2],
        [11, NOW, 3],
      ])
      await until(() => heard.length > 0)
      stop()
      expect(heard).toEqual([
        [rig.relational.pointId('dev', 'p0'), 2],
        [rig.relational.pointId('dev', 'p1'), 3],
      ])
    })
  })
}
