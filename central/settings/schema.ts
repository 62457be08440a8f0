import { type Static, Type } from 'typebox'
import { DEFAULT_DAYS } from '../retention/index.ts'
import { TelemetryConfig } from '../telemetry/registry.ts'

const Port = (description: string, fallback: number) => Type.Integer({ description, default: fallback, minimum: 0, maximum: 65_535 })
const FilePath = (description: string) => Type.String({ description: `${description} Relative to this file.`, minLength: 1 })
const Group = Type.String({ description: 'Six-digit division code of a county.', pattern: '^[1-9][0-9]{5}$' })

const Tls = Type.Object(
  {
    certFile: FilePath('PEM file of the certificate with its chain.'),
    keyFile: FilePath('PEM file of the private key, readable by its owner only.'),
  },
  { additionalProperties: false, description: 'TLS; absent serves plain text, which only loopback or a proxy may.' },
)

/** Where the portal and the interface listen. */
export const ListenConfig = Type.Object(
  {
    host: Type.String({ description: 'Address; anything but loopback needs tls or behindProxy.', default: '127.0.0.1', minLength: 1 }),
    port: Port('Port; 0 takes a free one.', 8_080),
    tls: Type.Optional(Tls),
    behindProxy: Type.Boolean({ description: 'A proxy in front ends TLS and sets X-Forwarded-For, -Proto and -Host.', default: false }),
  },
  { additionalProperties: false, default: {}, description: 'The portal and the HTTP interface.' },
)

/** The broker of our own. */
export const EmbeddedBrokerConfig = Type.Object(
  {
    host: Type.String({ description: 'Address for gateways; anything but loopback needs tls.', default: '127.0.0.1', minLength: 1 }),
    port: Port('Port for gateways; 0 takes a free one.', 1_883),
    tls: Type.Optional(Tls),
  },
  { additionalProperties: false, description: 'The broker in this program.' },
)

/** A broker elsewhere, such as Mosquitto. */
export const RemoteBrokerConfig = Type.Object(
  {
    url: Type.String({ description: 'mqtt://host:port or mqtts://host:port.', pattern: '^mqtts?://[^/@]+$' }),
    userName: Type.String({ description: 'Login of ingest at that broker.', minLength: 1 }),
    passwordFile: FilePath('File that holds the password, readable by its owner only.'),
    caFile: Type.Optional(FilePath('PEM file of the authority that signed the broker’s certificate.')),
  },
  { additionalProperties: false, description: 'A broker by URL instead of the embedded one.' },
)

/** Which broker, and whose data. */
export const BrokerConfig = Type.Object(
  {
    embedded: Type.Optional(EmbeddedBrokerConfig),
    remote: Type.Optional(RemoteBrokerConfig),
    groups: Type.Union([Type.Literal('all'), Type.Array(Group, { minItems: 1, maxItems: 3_000 })], { description: 'Counties whose gateways this central takes, or all.', default: 'all' }),
    hostId: Type.String({ description: 'Sparkplug host id, the same that gateways are given.', default: 'orewatch', pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' }),
    credentialsFile: Type.Optional(FilePath('Password hashes of gateways for the embedded broker; in the data directory by default, made when absent, filled by `orewatch gateway add`.')),
  },
  { additionalProperties: false, default: {}, description: 'At most one of embedded and remote; embedded when neither is there.' },
)

/** The relational database. */
export const RelationalConfig = Type.Object(
  {
    urlFile: Type.Optional(FilePath('File that holds the URL of a PostgreSQL server with account and password, readable by its owner only.')),
    directory: Type.Optional(FilePath('Directory of the embedded PostgreSQL, used when there is no urlFile; in the data directory by default.')),
  },
  { additionalProperties: false, default: {}, description: 'Register, users, quarantine and records.' },
)

/** Where samples are kept. */
export const StoreConfig = Type.Union(TelemetryConfig.anyOf, { description: 'Where samples are kept: the settings of one of the stores.', default: { kind: 'duckdb', directory: 'telemetry' } })

/** See the schema of the same name. */
export type StoreConfig = Static<typeof StoreConfig>

/** Which rules raise alarms, and what they must know of mines and points. */
export const AlarmsConfig = Type.Object(
  {
    rulesFile: Type.Optional(FilePath('Rule set instead of the defaults, YAML; see packages/alarm-rules/README.md.')),
    factsFile: Type.Optional(FilePath('Facts of mines and points that limits are taken from, such as the grade of a dam, YAML.')),
  },
  { additionalProperties: false, default: {}, description: 'Alarms.' },
)

const Days = (description: string) => Type.Integer({ description, minimum: 1, maximum: 36_525 })

/** How long samples are kept. */
export const RetentionConfig = Type.Object(
  {
    days: Type.Integer({ description: 'Days that samples are kept; fewer than 731 need a reason. Two years at hand and five more by default.', default: DEFAULT_DAYS, minimum: 1, maximum: 36_525 }),
    classes: Type.Array(
      Type.Object(
        {
          sensorTypes: Type.Array(Type.String({ pattern: '^[0-9]{2}([0-9]{2})?$' }), { description: 'Codes of T-20, or their first two digits for a whole group, such as "07".', minItems: 1 }),
          days: Days('Days that their samples are kept.'),
        },
        { additionalProperties: false },
      ),
      { description: 'Classes that are kept longer or shorter; of two that fit, the later one counts.', default: [] },
    ),
    shorterThanLawBecause: Type.Optional(Type.String({ description: 'Why fewer than 731 days are allowed here; goes into the audit log with every removal.', minLength: 10 })),
  },
  { additionalProperties: false, default: {}, description: 'How long samples are kept. Applied once a day; `orewatch retention --dry-run` shows what would go.' },
)

/** The configuration file of central. */
export const CentralConfig = Type.Object(
  {
    dataDirectory: Type.String({ description: 'Directory of everything that central keeps; relative to this file.', default: './data', minLength: 1 }),
    listen: ListenConfig,
    broker: BrokerConfig,
    store: StoreConfig,
    relational: RelationalConfig,
    alarms: AlarmsConfig,
    retention: RetentionConfig,
    fixturesFile: Type.Optional(FilePath('Counties, mines and gateways to put into the register at every start.')),
    portalDirectory: Type.Optional(FilePath('Directory of the built portal; that of this installation by default.')),
  },
  { additionalProperties: false },
)

/** See the schema of the same name. */
export type CentralConfig = Static<typeof CentralConfig>
