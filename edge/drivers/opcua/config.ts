import { type Static, Type } from 'typebox'

/** Settings of one OPC UA line: a session with one server. */
export const OpcUaLineConfig = Type.Object(
  {
    endpoint: Type.String({ description: 'Address of the server.', pattern: '^opc\\.tcp://.+$', examples: ['opc.tcp://10.0.0.20:4840'] }),
    security: Type.Union([Type.Literal('Basic256Sha256'), Type.Literal('None')], {
      description: 'Basic256Sha256: signed and encrypted with certificates. None: anybody on the network can read and forge values; only for servers that know nothing else.',
      default: 'Basic256Sha256',
    }),
    userName: Type.Optional(Type.String({ description: 'User of the server; anonymous when absent.', minLength: 1 })),
    passwordFile: Type.Optional(Type.String({ description: "File with the user's password, readable by this user only." })),
    serverFingerprint: Type.Optional(
      Type.String({
        description: "SHA-1 of the server's certificate in hexadecimal; a server with it is trusted without its certificate in the PKI folder.",
        pattern: '^([0-9a-fA-F]{2}:?){20}$',
      }),
    ),
    pkiDirectory: Type.Optional(Type.String({ description: "Folder of the gateway's own OPC UA certificate and of the trusted servers; one for all lines. `pki` in the data directory when absent." })),
    connectTimeoutMs: Type.Integer({ description: 'Longest wait for connection, channel and session, ms.', default: 15_000, minimum: 500, maximum: 120_000 }),
    requestTimeoutMs: Type.Integer({ description: 'Longest wait for an answer of the server, ms.', default: 10_000, minimum: 200, maximum: 120_000 }),
    publishingIntervalMs: Type.Integer({
      description: 'How often the server is asked to publish, ms; never less than the shortest sampling interval needs.',
      default: 500,
      minimum: 50,
      maximum: 60_000,
    }),
    silentAfterMs: Type.Integer({
      description: 'Without a sign of life from the subscription for this long it is rebuilt, then the session, then the connection, ms.',
      default: 10_000,
      minimum: 500,
      maximum: 600_000,
    }),
    historyMaxMs: Type.Integer({
      description: "How far back the server's history is read after an outage, ms; 0 reads none. Servers without history are not asked.",
      default: 604_800_000,
      minimum: 0,
      maximum: 31_536_000_000,
    }),
    reconnectMinMs: Type.Integer({ description: 'First pause before connecting again, ms; doubles, with jitter.', default: 1_000, minimum: 10, maximum: 600_000 }),
    reconnectMaxMs: Type.Integer({ description: 'Longest pause before connecting again, ms.', default: 30_000, minimum: 10, maximum: 600_000 }),
  },
  { additionalProperties: false },
)
export type OpcUaLineConfig = Static<typeof OpcUaLineConfig>
