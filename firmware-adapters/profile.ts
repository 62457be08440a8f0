/*
 * The profile language: what a family of devices says, as data. A profile names points (registers or nodes → quantity,
 * unit, scale, fault codes) and the quirks of the device; a gateway's configuration picks a profile and says which
 * of its points are wired. Not here: how registers are read (edge/drivers/modbus) and what is plausible (edge/pipeline).
 */
import { type Static, Type } from 'typebox'
import { ComputedSource, type Gate, Gates } from './computed.ts'

const describe = (description: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({ description, ...more })

/** Byte order of a multi-register value, in the customary letters: ABCD is big-endian. */
export const WordOrder = Type.Union(
  [Type.Literal('ABCD'), Type.Literal('CDAB'), Type.Literal('BADC'), Type.Literal('DCBA')],
  describe('Byte order of a value of several registers: ABCD is big-endian, CDAB swaps the words, BADC the bytes, DCBA both.'),
)
export type WordOrder = Static<typeof WordOrder>

/** How the bits at an address are read. */
export const RegisterType = Type.Union(
  [
    Type.Literal('int16'),
    Type.Literal('uint16'),
    Type.Literal('int32'),
    Type.Literal('uint32'),
    Type.Literal('float32'),
    Type.Literal('int64'),
    Type.Literal('uint64'),
    Type.Literal('float64'),
    Type.Literal('bit'),
  ],
  describe('Type of the value in the registers; a bit of a register needs the key bit. Strings are refused because a sample is a double and must round-trip exactly.'),
)
export type RegisterType = Static<typeof RegisterType>

/** A raw value (before scale) that is a message, not a measurement. */
export const FaultCode = Type.Object(
  {
    raw: Type.Number(describe('Raw value, before scale and offset, as the register type reads it.')),
    quality: Type.Integer(describe('Quality Q 1–9 that it means.', { minimum: 1, maximum: 9 })),
  },
  { additionalProperties: false, description: 'A raw value that is a message, not a measurement.' },
)
export type FaultCode = Static<typeof FaultCode>

/** A bit of a status word and the quality that it means. The first set bit in the list wins. */
export const StatusBit = Type.Object(
  {
    bit: Type.Integer(describe('Bit number, 0 is the least significant.', { minimum: 0, maximum: 15 })),
    quality: Type.Integer(describe('Quality Q 1–9 when the bit is set.', { minimum: 1, maximum: 9 })),
  },
  { additionalProperties: false },
)
export type StatusBit = Static<typeof StatusBit>

/** Where a Modbus point lies. Addresses count from 0 as on the wire. */
export const ModbusSource = Type.Object(
  {
    area: Type.Union([Type.Literal('holding'), Type.Literal('input'), Type.Literal('coil'), Type.Literal('discrete')], describe('Register area: function code 3, 4, 1 or 2.')),
    address: Type.Integer(describe('Address as on the wire, from 0.', { minimum: 0, maximum: 65_535 })),
    type: RegisterType,
    wordOrder: Type.Optional(WordOrder),
    bit: Type.Optional(Type.Integer(describe('Bit within the register, for type bit.', { minimum: 0, maximum: 15 }))),
    faultCodes: Type.Optional(Type.Array(FaultCode)),
    status: Type.Optional(
      Type.Object(
        {
          address: Type.Integer(describe('Address of the status word in the same area.', { minimum: 0, maximum: 65_535 })),
          bits: Type.Array(StatusBit),
          clearBits: Type.Optional(
            Type.Array(StatusBit, describe('Bits that mean a quality when they are clear and none of bits is set, so that a slot without sensor (all zeros) is never a good zero.')),
          ),
        },
        { additionalProperties: false, description: 'Status word whose bits override the quality.' },
      ),
    ),
    timestamp: Type.Optional(
      Type.Object(
        {
          address: Type.Integer(describe('Address of two registers with the device time in Unix seconds, big-endian.', { minimum: 0, maximum: 65_535 })),
        },
        { additionalProperties: false, description: 'Device time of the value.' },
      ),
    ),
  },
  { additionalProperties: false },
)
export type ModbusSource = Static<typeof ModbusSource>

/** Where an OPC UA point lies; namespaces by URI because indexes change when a server restarts. */
export const OpcUaSource = Type.Object(
  {
    namespaceUri: Type.String(describe("URI of the node's namespace.", { minLength: 1 })),
    identifier: Type.String(describe('Identifier with its type letter, such as s=Mine.Fan1.Run or i=1001.', { pattern: '^[isgb]=.+$' })),
    samplingMs: Type.Optional(Type.Integer(describe("Sampling interval asked of the server; the point's period when absent.", { minimum: 10 }))),
  },
  { additionalProperties: false },
)
export type OpcUaSource = Static<typeof OpcUaSource>

/** A node by the URI of its namespace and its identifier. */
export const OpcUaNodeName = Type.Object(
  {
    namespaceUri: Type.String(describe("URI of the node's namespace.", { minLength: 1 })),
    identifier: Type.String(describe('Identifier with its type letter, such as s=Mine.Gates or i=2253.', { pattern: '^[isgb]=.+$' })),
  },
  { additionalProperties: false },
)
export type OpcUaNodeName = Static<typeof OpcUaNodeName>

/** What a field of an event becomes in JSON. */
export const EventFieldType = Type.Union(
  [Type.Literal('string'), Type.Literal('number'), Type.Literal('boolean'), Type.Literal('time')],
  describe('What the field becomes in JSON: string, number, boolean, or time (UTC ms).'),
)
export type EventFieldType = Static<typeof EventFieldType>

/** One field of an event and where the server keeps it. */
export const EventField = Type.Object(
  {
    path: Type.Array(
      Type.String({ minLength: 1 }),
      describe(
        "Browse names from the event type to the field; they are of the event type's namespace, but a first name that every event has (Severity, Message, SourceName, Time and so on) is of OPC UA's own.",
        { minItems: 1, maxItems: 8 },
      ),
    ),
    type: EventFieldType,
    required: Type.Optional(Type.Boolean(describe('Whether an event without the field has a flaw; false when absent. It is recorded all the same, and the flaw with it.'))),
  },
  { additionalProperties: false },
)
export type EventField = Static<typeof EventField>

/** A kind of event that the devices of a family send, and the record that it becomes. */
export const OpcUaEvent = Type.Object(
  {
    schema: Type.String(
      describe('Schema of the record with its version, such as positioning.passage/1; described in docs/formats/events.md.', { pattern: '^[a-z][a-z0-9-]*(\\.[a-z][a-z0-9-]*)+/\\d{1,4}$' }),
    ),
    title: Type.Object({ zh: Type.String({ description: 'Chinese name.' }), en: Type.String({ description: 'English name.' }) }, { additionalProperties: false, description: 'Name for people.' }),
    notifier: Type.Object(OpcUaNodeName.properties, { additionalProperties: false, description: 'Node whose events are subscribed to.' }),
    eventType: Type.Object(OpcUaNodeName.properties, { additionalProperties: false, description: 'Type of the event; events of its subtypes are taken too.' }),
    fields: Type.Record(Type.String({ pattern: '^[a-z][A-Za-z0-9]*$' }), EventField, describe("Fields by their key in the record's body.", { minProperties: 1 })),
    timeField: Type.Optional(Type.String(describe('Key of the field of type time that says when it happened; the Time of the OPC UA event when absent.'))),
  },
  { additionalProperties: false },
)
export type OpcUaEvent = Static<typeof OpcUaEvent>

/** Class of a point by its four digits. */
export const SensorTypeCode = Type.String(describe('Class of the point: four digits of the code list T-20, in quotes.', { pattern: '^\\d{4}$' }))

/** Metric name of a point. */
export const PointName = Type.String(describe('Metric name, unique within the device.', { pattern: '^[a-z0-9][a-z0-9-]*$', maxLength: 48 }))

/** Chinese and English name for people. */
export const Title = Type.Object(
  { zh: Type.String({ description: 'Chinese name.' }), en: Type.String({ description: 'English name.' }) },
  { additionalProperties: false, description: 'Name for people.' },
)

/** A transformer between a loop and its meter, whose ratio the meter does not know. */
export const Transformer = Type.Union([Type.Literal('ct'), Type.Literal('pt')], describe('ct: current transformer, options.ctRatio. pt: voltage transformer, options.ptRatio.'))
export type Transformer = Static<typeof Transformer>

/** A reading that only grows, until it begins again at 0. */
export const Counter = Type.Object(
  {
    rollOver: Type.Number(describe('Highest reading, after which it begins again at 0; in the unit of the point, as the meter shows it (before ratio).', { exclusiveMinimum: 0 })),
    window: Type.Optional(
      Type.Number(
        describe(
          'A fall is a roll-over when what was left up to rollOver and the new reading together are at most this; a twentieth of rollOver when absent. At most half of rollOver: choose more than the loop can use while the gateway is away.',
          { exclusiveMinimum: 0 },
        ),
      ),
    ),
  },
  {
    additionalProperties: false,
    description:
      'A cumulative reading. A fall that is a roll-over is good. Any other fall is Q 8, reason counter-fell, until the reading is back above the last good one, or three more readings have not fallen again and it has counted on: then the meter was exchanged and the new one is believed. A gateway that starts believes the first reading.',
  },
)

/** How a value is made from a raw one and judged; the same in points, templates and wiring. */
export const valueFields = {
  unit: Type.Optional(Type.String(describe('Unit; that of the class when absent, and only another spelling of it is wrong.'))),
  scale: Type.Optional(Type.Number(describe('Value = raw × scale + offset.'))),
  offset: Type.Optional(Type.Number(describe('Value = raw × scale + offset.'))),
  rangeLo: Type.Optional(Type.Number(describe('Lowest plausible value; that of the class when absent.'))),
  rangeHi: Type.Optional(Type.Number(describe('Highest plausible value; that of the class when absent.'))),
  periodMs: Type.Optional(Type.Integer(describe('How often it is read; that of the class when absent, 1 s where the class is on change.', { minimum: 10 }))),
  loop: Type.Optional(
    Type.Object(
      {
        lo: Type.Number(describe('Value at 4 mA.')),
        hi: Type.Number(describe('Value at 20 mA.')),
      },
      { additionalProperties: false, description: 'The scaled raw value is a current in mA: 4 mA is lo, 20 mA is hi; below 3.6 and above 21 the loop is broken.' },
    ),
  ),
  gates: Type.Optional(Gates),
  ratio: Type.Optional(
    Type.Array(
      Transformer,
      describe(
        "Transformers before a meter that shows secondary values: the value is multiplied by options.ctRatio, options.ptRatio or both. The range of class and profile is that of the meter's terminals and is multiplied too; a rangeLo or rangeHi of the wiring is primary, as the value is.",
        { minItems: 1, maxItems: 2, uniqueItems: true },
      ),
    ),
  ),
  counter: Type.Optional(Counter),
  priority: Type.Optional(Type.Union([Type.Literal('vital'), Type.Literal('routine')], describe('routine samples are dropped first when the outbox is full; vital is the default.'))),
}

const pointFields = { sensorType: SensorTypeCode, name: PointName, title: Title, ...valueFields }

// A point is read or computed; exactly one of the two, which point-checks.ts holds because a union would blur the errors.
/** A Modbus point, or one computed from others of the device. */
export const ModbusPoint = Type.Object({ ...pointFields, modbus: Type.Optional(ModbusSource), computed: Type.Optional(ComputedSource) }, { additionalProperties: false })
export type ModbusPoint = Static<typeof ModbusPoint>

/** An OPC UA point, or one computed from others of the device. */
export const OpcUaPoint = Type.Object({ ...pointFields, opcua: Type.Optional(OpcUaSource), computed: Type.Optional(ComputedSource) }, { additionalProperties: false })
export type OpcUaPoint = Static<typeof OpcUaPoint>

/** A point as a driver and the pipeline take it: profile, template slot and the gateway's own words merged, defaults filled in. */
export interface ResolvedPoint {
  readonly name: string
  readonly title: { readonly zh: string; readonly en: string }
  readonly sensorType: string
  readonly unit: string
  readonly scale: number
  readonly offset: number
  readonly rangeLo?: number
  readonly rangeHi?: number
  readonly resolution: number
  readonly periodMs: number
  readonly isBoolean: boolean
  readonly priority: 'vital' | 'routine'
  readonly loop?: { readonly lo: number; readonly hi: number }
  /** Primary over secondary value; absent where it is 1. */
  readonly ratio?: number
  /** Both in primary values. */
  readonly counter?: { readonly rollOver: number; readonly window: number }
  /** 22 characters; absent until the point is registered. */
  readonly pointCode?: string
  readonly place?: string
  /** Points that say something together (an input and its siblings, a value and its gates): to be read in one request where that is possible. */
  readonly readWith?: readonly string[]
  /** Points of the device that must be in order before a value counts. */
  readonly gates?: readonly Gate[]
  readonly source:
    | { readonly kind: 'modbus'; readonly modbus: ModbusSource }
    | { readonly kind: 'opcua'; readonly opcua: OpcUaSource }
    | { readonly kind: 'computed'; readonly computed: ComputedSource }
}

/** Limits and workarounds of a Modbus device, as data. */
export const ModbusQuirks = Type.Object(
  {
    maxRegistersPerRead: Type.Integer(describe('Most registers in one read (Modbus allows 125).', { minimum: 1, maximum: 125, default: 125 })),
    maxBitsPerRead: Type.Integer(describe('Most coils or discrete inputs in one read (Modbus allows 2000).', { minimum: 1, maximum: 2000, default: 2000 })),
    maxHoleRegisters: Type.Integer(
      describe('Unwanted registers that may be read along between two wanted ones; 0 where the device refuses undefined addresses.', { minimum: 0, maximum: 124, default: 8 }),
    ),
    minGapMs: Type.Integer(describe('Pause between two requests.', { minimum: 0, maximum: 10_000, default: 0 })),
    pauseAfterConnectMs: Type.Integer(describe('Pause between connecting and the first request.', { minimum: 0, maximum: 60_000, default: 0 })),
    isOneRequestPerPoint: Type.Boolean(describe('Reads every point by itself, for devices that answer wrongly to longer reads.', { default: false })),
    maxInFlight: Type.Integer(describe('Requests under way at once on TCP; 1 where the device cannot pipeline.', { minimum: 1, maximum: 32, default: 4 })),
  },
  { additionalProperties: false, default: {} },
)
export type ModbusQuirks = Static<typeof ModbusQuirks>

const templateFields = {
  id: Type.String(describe('Name of the template, by which the wiring picks it.', { pattern: '^[a-z0-9][a-z0-9-]*$', maxLength: 48 })),
  title: Title,
  name: Type.Optional(
    Type.String(
      describe('Metric name of its points, with {slot}; they then take the title of the template too. The name of the class and the slot when absent.', {
        pattern: '^[a-z0-9][a-z0-9-]*-\\{slot\\}$',
        maxLength: 48,
      }),
    ),
  ),
  slots: Type.Integer(describe('How many sensors the device has room for; slots count from 1.', { minimum: 1, maximum: 4096 })),
  sensorTypes: Type.Array(SensorTypeCode, describe('Classes that may be wired to a slot.', { minItems: 1 })),
  byType: Type.Optional(
    Type.Record(Type.String({ pattern: '^\\d{4}$' }), Type.Object(valueFields, { additionalProperties: false }), describe('What differs from the template for single classes, such as the scale.')),
  ),
  needs: Type.Optional(
    Type.Array(
      Type.Union([Type.Literal('loop'), Type.Literal('scale'), Type.Literal('rangeLo'), Type.Literal('rangeHi')]),
      describe('Keys that the wiring must give because they differ at every site, such as the range of a current loop.'),
    ),
  ),
  ...valueFields,
}

/** A block of registers that repeats for every sensor, or a computed point of every sensor; addresses in `modbus` count from the start of the block. */
export const ModbusTemplate = Type.Object(
  {
    ...templateFields,
    base: Type.Optional(Type.Integer(describe('Address of the first block, from 0; needed with modbus.', { minimum: 0, maximum: 65_535 }))),
    stride: Type.Optional(Type.Integer(describe('Registers from one block to the next; needed with modbus.', { minimum: 1, maximum: 1000 }))),
    modbus: Type.Optional(ModbusSource),
    computed: Type.Optional(ComputedSource),
  },
  { additionalProperties: false },
)
export type ModbusTemplate = Static<typeof ModbusTemplate>

/** A node that repeats for every sensor, or a computed point of every sensor; `{slot}` in the identifier is the slot number. */
export const OpcUaTemplate = Type.Object({ ...templateFields, opcua: Type.Optional(OpcUaSource), computed: Type.Optional(ComputedSource) }, { additionalProperties: false })
export type OpcUaTemplate = Static<typeof OpcUaTemplate>

const profileFields = {
  id: Type.String(describe('Name of the folder, or folder/variant for profile-<variant>.yaml.', { pattern: '^[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)?$' })),
  title: Title,
}

/** What a family of Modbus devices says. */
export const ModbusProfile = Type.Object(
  {
    ...profileFields,
    protocol: Type.Literal('modbus', describe('Protocol: modbus or opcua.')),
    wordOrder: Type.Optional(WordOrder),
    quirks: ModbusQuirks,
    points: Type.Array(ModbusPoint, describe('Points that every device of the family has.', { default: [] })),
    templates: Type.Array(ModbusTemplate, describe('Blocks that repeat for every sensor.', { default: [] })),
  },
  { additionalProperties: false },
)
export type ModbusProfile = Static<typeof ModbusProfile>

/** What a family of OPC UA devices says. */
export const OpcUaProfile = Type.Object(
  {
    ...profileFields,
    protocol: Type.Literal('opcua', describe('Protocol: modbus or opcua.')),
    points: Type.Array(OpcUaPoint, describe('Points that every device of the family has.', { default: [] })),
    templates: Type.Array(OpcUaTemplate, describe('Nodes that repeat for every sensor.', { default: [] })),
    events: Type.Array(OpcUaEvent, describe('Events that are subscribed to and become records.', { default: [] })),
  },
  { additionalProperties: false },
)
export type OpcUaProfile = Static<typeof OpcUaProfile>

/** What a family of devices says. */
export type Profile = ModbusProfile | OpcUaProfile
