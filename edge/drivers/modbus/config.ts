import { type Static, Type } from 'typebox'

/** Settings of one Modbus line: a TCP connection to a device, or to a gateway with several units behind it. */
export const ModbusLineConfig = Type.Object(
  {
    transport: Type.Union([Type.Literal('tcp'), Type.Literal('rtu-over-tcp')], {
      description: 'tcp: Modbus TCP. rtu-over-tcp: RTU frames with CRC through a serial server, strictly one request at a time.',
      default: 'tcp',
    }),
    host: Type.String({ description: 'Name or address of the device or serial server.', minLength: 1, examples: ['10.0.0.12'] }),
    port: Type.Integer({ description: 'TCP port.', default: 502, minimum: 1, maximum: 65_535 }),
    timeoutMs: Type.Integer({ description: 'Longest wait for one answer, ms.', default: 1_000, minimum: 20, maximum: 60_000 }),
    connectTimeoutMs: Type.Integer({ description: 'Longest wait for the connection, ms.', default: 3_000, minimum: 50, maximum: 60_000 }),
    maxInFlight: Type.Optional(
      Type.Integer({
        description:
          "Requests under way at once on the line (tcp only). When absent: the device's own limit where one unit is on the line, otherwise 1, because several units mean a gateway that works them off one after another.",
        minimum: 1,
        maximum: 32,
      }),
    ),
    retries: Type.Integer({ description: 'How often a refused or unanswered read is asked again before its points get a bad quality.', default: 3, minimum: 0, maximum: 10 }),
    breakerThreshold: Type.Integer({ description: 'Unanswered requests in a row after which a unit is lost and only probed.', default: 3, minimum: 1, maximum: 100 }),
    breakerPauseMs: Type.Integer({ description: 'First pause between probes of a lost unit, ms; doubles, with jitter.', default: 5_000, minimum: 20, maximum: 3_600_000 }),
    breakerMaxPauseMs: Type.Integer({ description: 'Longest pause between probes of a lost unit, ms.', default: 60_000, minimum: 20, maximum: 3_600_000 }),
    reconnectMinMs: Type.Integer({ description: 'First pause before connecting again, ms; doubles, with jitter.', default: 500, minimum: 10, maximum: 600_000 }),
    reconnectMaxMs: Type.Integer({ description: 'Longest pause before connecting again, ms.', default: 30_000, minimum: 10, maximum: 600_000 }),
    maxSlips: Type.Integer({ description: 'Late or foreign answers in a row after which the connection is rebuilt.', default: 3, minimum: 1, maximum: 100 }),
  },
  { additionalProperties: false },
)
export type ModbusLineConfig = Static<typeof ModbusLineConfig>
