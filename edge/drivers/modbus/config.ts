import { type Static, Type } from 'typebox'

/** A serial port of the gateway. */
const SerialPort = Type.Object(
  {
    path: Type.String({ description: 'Device of the port; a name that stays when adapters are swapped, such as those in /dev/serial/by-id.', minLength: 1, examples: ['/dev/ttyUSB0'] }),
    baudRate: Type.Integer({ description: 'Bits per second, as set at the devices.', default: 9_600, minimum: 300, maximum: 4_000_000 }),
    parity: Type.Union([Type.Literal('even'), Type.Literal('odd'), Type.Literal('none')], { description: 'Parity, as set at the devices; even is the default of the specification.', default: 'even' }),
    stopBits: Type.Union([Type.Literal(1), Type.Literal(2)], { description: 'Stop bits; with parity none the specification asks for 2, and most devices use 1.', default: 1 }),
  },
  { additionalProperties: false, description: 'Serial port (rtu only).' },
)

/** Settings of one Modbus line: a TCP connection to a device or to a gateway with several units behind it, or a serial bus. */
export const ModbusLineConfig = Type.Object(
  {
    transport: Type.Union([Type.Literal('tcp'), Type.Literal('rtu-over-tcp'), Type.Literal('rtu')], {
      description: 'tcp: Modbus TCP. rtu-over-tcp: RTU frames with CRC through a serial server, strictly one request at a time. rtu: the same on a serial port of the gateway.',
      default: 'tcp',
    }),
    host: Type.Optional(Type.String({ description: 'Name or address of the device or serial server (tcp and rtu-over-tcp).', minLength: 1, examples: ['10.0.0.12'] })),
    port: Type.Integer({ description: 'TCP port.', default: 502, minimum: 1, maximum: 65_535 }),
    serial: Type.Optional(SerialPort),
    timeoutMs: Type.Integer({ description: 'Longest wait for one answer, ms; on a serial port without the time that the bytes take.', default: 1_000, minimum: 20, maximum: 60_000 }),
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

/** What the transport of a line lacks or has too much; empty where it is right. */
export function transportProblems({ transport, host, serial }: ModbusLineConfig): string[] {
  if (transport === 'rtu') {
    return [
      ...(serial === undefined ? ['transport rtu needs serial: { path: /dev/ttyUSB0 }'] : []),
      ...(host === undefined ? [] : ['transport rtu is a serial port and has no host; for a serial server write transport: rtu-over-tcp']),
    ]
  }
  return [
    ...(host === undefined ? [`transport ${transport} needs host: the address of the device or serial server`] : []),
    ...(serial === undefined ? [] : [`transport ${transport} has no serial port; write transport: rtu, or leave out serial`]),
  ]
}
