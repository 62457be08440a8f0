import { type Static, Type } from 'typebox'

/** Settings of the InfluxDB store. */
export const InfluxConfig = Type.Object(
  {
    kind: Type.Literal('influxdb'),
    url: Type.String({ description: 'Address of InfluxDB 1.x.', pattern: '^https?://', examples: ['http://127.0.0.1:8086'] }),
    database: Type.String({ description: 'Database; created when absent.', default: 'orewatch', pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,63}$' }),
    username: Type.Optional(Type.String({ description: 'User, where InfluxDB demands one.', minLength: 1 })),
    passwordFile: Type.Optional(Type.String({ description: 'File that holds the password, readable by the owner only.', minLength: 1 })),
    connections: Type.Integer({ description: 'Writes under way at the same time.', default: 2, minimum: 1, maximum: 64 }),
    compression: Type.Union([Type.Literal('none'), Type.Literal('gzip')], { description: 'gzip pays over a slow link; on one machine it only costs.', default: 'none' }),
    timeoutMs: Type.Integer({ description: 'Longest wait for one answer, in ms.', default: 10_000, minimum: 100, maximum: 300_000 }),
    groupMs: Type.Integer({ description: 'Longest wait for more batches to share one request, in ms.', default: 10, minimum: 0, maximum: 50 }),
    maxPendingRows: Type.Integer({ description: 'Samples that may wait in memory; beyond it batches are refused and come again.', default: 1_000_000, minimum: 10_000 }),
  },
  { additionalProperties: false },
)

/** Settings of the InfluxDB store. */
export type InfluxConfig = Static<typeof InfluxConfig>
