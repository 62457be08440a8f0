import { DeviceWiring } from '@orewatch/firmware-adapters'
import { type Static, Type } from 'typebox'
import { LINE_CHOICES } from '../drivers/registry.ts'
import { UplinkConfig } from '../uplink/settings.ts'

const Id = Type.String({ description: 'Id: letters, digits, - and _, at most 64.', pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' })

/** A line to devices: exactly one protocol. */
export const LineConfig = Type.Object(
  {
    id: Id,
    ...LINE_CHOICES,
  },
  { additionalProperties: false, description: 'A line to devices.' },
)
export type LineConfig = Static<typeof LineConfig>

/** A device on a line. */
export const DeviceConfig = Type.Object(
  {
    id: Id,
    title: Type.Optional(Type.String({ description: 'Name for people.', maxLength: 80 })),
    line: Type.String({ description: 'Id of the line that it is on.' }),
    unit: Type.Optional(Type.Integer({ description: 'Modbus unit identifier.', minimum: 0, maximum: 255 })),
    profile: Type.String({ description: 'Profile id such as gas-substation, or a path to a profile file.' }),
    maxSkewMs: Type.Integer({ description: "Beyond this difference from the gateway's clock the device's own time is not believed, ms.", default: 5_000, minimum: 0, maximum: 300_000 }),
    ...DeviceWiring.properties,
  },
  { additionalProperties: false, description: 'A device on a line.' },
)
export type DeviceConfig = Static<typeof DeviceConfig>

/** The configuration file of a gateway. */
export const GatewayConfig = Type.Object(
  {
    gateway: Type.Object(
      {
        group: Type.String({ description: 'Six-digit division code of the county at enrolment.', pattern: '^[1-9]\\d{5}$' }),
        node: Id,
        subject: Type.String({ description: 'Twelve-digit code of the mine or pond.', pattern: '^[1-9]\\d{5}[1-7]\\d{5}$' }),
      },
      { additionalProperties: false, description: 'Who this gateway is.' },
    ),
    dataDirectory: Type.String({ description: 'Directory of the outbox, keys and state; relative to this file.', minLength: 1 }),
    uplink: UplinkConfig,
    outbox: Type.Object(
      {
        syncIntervalMs: Type.Integer({ description: 'Longest wait before accepted data is forced to disk: what a power cut can cost, ms.', default: 20, minimum: 1, maximum: 10_000 }),
        maxBytes: Type.Integer({ description: 'Disk that waiting data may take; size it for 7 days.', default: 4 * 1024 ** 3, minimum: 16 * 1024 ** 2 }),
        maxAgeDays: Type.Integer({ description: 'Data older than this is dropped, with an entry in the gap ledger.', default: 7, minimum: 1, maximum: 366 }),
        tapSocket: Type.Optional(Type.String({ description: 'Test harnesses only: a unix socket that is told of every accepted record before it is accepted.' })),
      },
      { additionalProperties: false, default: {}, description: 'Store and forward.' },
    ),
    clock: Type.Object(
      {
        server: Type.Optional(Type.String({ description: 'NTP server that the clock is checked against, host or host:port; the gateway never sets a clock.' })),
        maxOffsetMs: Type.Integer({ description: 'Beyond this offset samples are flagged clock-suspect, ms.', default: 1_000, minimum: 1 }),
      },
      { additionalProperties: false, default: {}, description: "The gateway's clock." },
    ),
    probes: Type.Object(
      {
        host: Type.String({ description: 'Address of /healthz, /readyz and /metrics; loopback unless a firewall guards it.', default: '127.0.0.1' }),
        port: Type.Integer({ description: 'Port of the probes; 0 takes a free one.', default: 9464, minimum: 0, maximum: 65_535 }),
      },
      { additionalProperties: false, default: {}, description: 'Health, readiness and metrics.' },
    ),
    lines: Type.Array(LineConfig, { description: 'Lines to devices.', minItems: 1, maxItems: 256 }),
    devices: Type.Array(DeviceConfig, { description: 'Devices on the lines.', minItems: 1, maxItems: 4096 }),
  },
  { additionalProperties: false },
)
export type GatewayConfig = Static<typeof GatewayConfig>
