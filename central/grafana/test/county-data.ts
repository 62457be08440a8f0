/* A county as Grafana finds it: written by our own register, stores and records, on a real InfluxDB and a real PostgreSQL. */
import { reasonCode, SAMPLE_FLAGS, SampleBuilder, SENSOR_TYPES } from '@orewatch/core'
import { openQuarantine } from '../../quarantine/index.ts'
import { openCompletenessEvents, openRecordStore, openSecurityEvents } from '../../records/index.ts'
import { openRegistry, type Registry } from '../../registry/index.ts'
import type { Relational } from '../../relational/index.ts'
import type { TelemetryStore } from '../../telemetry/store.ts'
import { POINT_BOARDS } from '../class-groups.ts'

/** The county that the test chooses. */
export const COUNTY = '990121'
/** The mine that the test chooses; it has a point of every class. */
export const MINE = '990121100001'
/** The name of a point whose newest sample has no value. */
export const SILENT_POINT = 'CO 回风巷'

const FIXTURES = `divisions:
  - { code: "990121", name: 甲县 }
  - { code: "990122", name: 乙县 }
mines:
  - { subjectCode: "990121100001", name: 示例一号铁矿 }
  - { subjectCode: "990122300001", name: 邻县尾矿库 }
gateways:
  - { group: "990121", node: gw-u1, subject: "990121100001" }
  - { group: "990122", node: gw-t2, subject: "990122300001" }
`
const STEP_MS = 60_000
const SAMPLES = 60

/** Writes an hour of everything up to \`nowMs\`. */
export async function fillCounty(relational: Relational, store: TelemetryStore, nowMs: number): Promise<void> {
  const registry = openRegistry(relational)
  await registry.importFixtures(FIXTURES, 'county.yaml')
  const points = await registerPoints(registry)
  await store.write(samplesOf(points, nowMs), [])
  const gateway = await registry.gatewayIdentity('990121', 'gw-u1')
  await fillRecords(relational, gateway, nowMs)
}

async function registerPoints(registry: Registry): Promise<readonly number[]> {
  const gateway = await registry.gatewayByTopic('990121', 'gw-u1')
  const neighbour = await registry.gatewayByTopic('990122', 'gw-t2')
  if (gateway === undefined || neighbour === undefined) throw new TypeError('the fixtures name both gateways')
  const codes = [...new Set(POINT_BOARDS.flatMap(({ groups }) => groups.flatMap((group) => group.codes)))]
  const announced = codes.map((code) => {
    const isSilent = code === '0101'
    const { unit } = SENSOR_TYPES[code] ?? {}
    return { device: 'd', metric: `m-${code}`, pointCode: `${MINE}01${code}0001`, title: isSilent ? SILENT_POINT : `测点 ${code}`, place: '-120m', ...(unit !== undefined && { unit }) }
  })
  const resolved = [...(await registry.resolve(gateway, announced)), ...(await registry.resolve(neighbour, [{ device: 'd', metric: 'level', pointCode: '9901223000011008020001', unit: 'm' }]))]
  return resolved.map((resolution) => {
    if ('point' in resolution) return resolution.point.id
    throw new TypeError(`the register refuses a point of the demo: ${resolution.detail}`)
  })
}

// One sample a minute; every tenth is bad and has no value, every seventh came late; the first point ends with a bad one.
function samplesOf(points: readonly number[], nowMs: number): SampleBuilder {
  const samples = new SampleBuilder()
  for (let i = SAMPLES - 1; i >= 0; i--) {
    for (const [at, point] of points.entries()) {
      const isBad = i % 10 === 9 || (i === 0 && at === 0)
      samples.push(point, nowMs - i * STEP_MS, isBad ? Number.NaN : i % 2, isBad ? 2 : 0, isBad ? reasonCode('timeout') : 0, i % 7 === 0 ? SAMPLE_FLAGS.backfilled : 0, i % 7 === 0 ? 5_000 : 0)
    }
  }
  return samples
}

async function fillRecords(relational: Relational, gateway: number, nowMs: number): Promise<void> {
  const record = (position: number, schema: string, body: Record<string, unknown>, device?: string) => ({
    position,
    record: { schema, timeMs: nowMs - 60_000 + position, body, ...(device !== undefined && { device }) },
  })
  await openRecordStore(relational).append(
    [
      {
        gateway,
        incarnation: '0123456789abcdef',
        stream: 'event',
        receivedMs: nowMs,
        records: [
          record(0, 'device.state/1', { state: 'lost', reason: 'timeout', detail: 'no answer' }, 'gas-1'),
          record(1, 'device.state/1', { state: 'lost', reason: 'timeout', detail: 'no answer' }, 'gas-2'),
          record(2, 'device.state/1', { state: 'live' }, 'gas-2'),
          record(3, 'clock.step/1', { stepMs: 900 }),
          record(4, 'outbox.gap/1', { incarnation: '0123456789abcdef', stream: 'live', first: 10, count: 5, reason: 'quota-age' }),
        ],
      },
    ],
    [],
  )
  await openSecurityEvents(relational).add('refused-login', '990121/gw-x', { remote: '10.0.0.9' })
  await openCompletenessEvents(relational).add(gateway, 'rebirth-requested', { why: 'test' })
  const quarantine = await openQuarantine(relational)
  await quarantine.append([{ gatewayKey: '990121/gw-u1', device: 'd', metric: 'm', reason: 'unknown-point', detail: 'no code', timeMs: nowMs, value: 1, quality: 0, receivedMs: nowMs }], [])
}
