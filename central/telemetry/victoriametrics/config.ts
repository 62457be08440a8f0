import { type Static, Type } from 'typebox'

/** Settings of the VictoriaMetrics store. */
export const VictoriaConfig = Type.Object(
  {
    kind: Type.Literal('victoriametrics'),
    url: Type.String({ description: 'Address of one node of VictoriaMetrics.', pattern: '^https?://', examples: ['http://127.0.0.1:8428'] }),
    username: Type.Optional(Type.String({ description: 'User, where VictoriaMetrics demands one (-httpAuth.username).', minLength: 1 })),
    passwordFile: Type.Optional(Type.String({ description: 'File that holds the password, readable by the owner only.', minLength: 1 })),
    durability: Type.Union([Type.Literal('snapshot'), Type.Literal('none')], {
      description:
        'snapshot brings samples to the disk before they are acknowledged; with none a kill of the server loses acknowledged samples of the last seconds, and central says so as an error at start.',
      default: 'snapshot',
    }),
    timeoutMs: Type.Integer({ description: 'Longest wait for one answer, in ms.', default: 30_000, minimum: 100, maximum: 300_000 }),
    groupMs: Type.Integer({ description: 'Longest wait for more batches to share one snapshot, in ms.', default: 100, minimum: 0, maximum: 1_000 }),
    maxPendingRows: Type.Integer({ description: 'Samples that may wait in memory; beyond it batches are refused and come again.', default: 1_000_000, minimum: 10_000 }),
  },
  { additionalProperties: false },
)

/** Settings of the VictoriaMetrics store. */
export type VictoriaConfig = Static<typeof VictoriaConfig>
