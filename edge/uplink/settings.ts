import { type Static, Type } from 'typebox'

/** How a gateway reaches central; part of the gateway's configuration. */
export const UplinkConfig = Type.Object(
  {
    url: Type.String({ description: 'Broker, as mqtt://host:port or mqtts://host:port.', pattern: '^mqtts?://[^\\s/]+$' }),
    passwordFile: Type.Optional(Type.String({ description: 'File with the password of this gateway, mode 0600. The user name is <group>/<node>.' })),
    caFile: Type.Optional(Type.String({ description: 'Certificate authority of the broker, PEM, for mqtts.' })),
    certFile: Type.Optional(Type.String({ description: 'Client certificate, PEM.' })),
    keyFile: Type.Optional(Type.String({ description: 'Key of the client certificate, PEM, mode 0600.' })),
    hostId: Type.String({ description: 'Sparkplug host id whose STATE the gateway waits for; - waits for none.', default: 'orewatch' }),
    acknowledgement: Type.Union([Type.Literal('store'), Type.Literal('broker')], {
      description: "Who confirms data: store = the database of an Orewatch central (nothing is lost), broker = the broker's PUBACK (hosts that know no Node Control/Stored).",
      default: 'store',
    }),
    windowBytes: Type.Object(
      {
        record: Type.Integer({ description: 'Unacknowledged bytes of alarms and events.', default: 65_536, minimum: 4096 }),
        live: Type.Integer({ description: 'Unacknowledged bytes of live samples.', default: 1_048_576, minimum: 4096 }),
        backlog: Type.Integer({ description: 'Unacknowledged bytes of the backlog.', default: 262_144, minimum: 4096 }),
      },
      { additionalProperties: false, default: {}, description: 'Acknowledgement windows per lane.' },
    ),
    backlogBytesPerSecond: Type.Integer({ description: 'Share of the link that the backlog may take.', default: 524_288, minimum: 1024 }),
    reconnectMinMs: Type.Integer({ description: 'Shortest pause before reconnecting; doubles with jitter.', default: 1_000, minimum: 50 }),
    reconnectMaxMs: Type.Integer({ description: 'Longest pause before reconnecting.', default: 60_000, minimum: 100 }),
  },
  { additionalProperties: false, description: 'The way to central.' },
)
export type UplinkConfig = Static<typeof UplinkConfig>

/** What the sessions need: identity and configuration, with secrets read. */
export interface UplinkSettings {
  readonly group: string
  readonly node: string
  readonly hostId: string | undefined
  readonly acknowledgement: 'store' | 'broker'
  readonly windowBytes: { readonly record: number; readonly live: number; readonly backlog: number }
}
