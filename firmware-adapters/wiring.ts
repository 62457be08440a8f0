import { type Static, Type } from 'typebox'
import { FormulaConstants, FormulaInputs } from './computed.ts'
import { FaultCode, PointName, SensorTypeCode, Title, valueFields, WordOrder } from './profile.ts'

/** One wired point of a device: a fixed point of its profile, or a sensor in a slot of a template. */
export const PointWiring = Type.Object(
  {
    use: Type.Optional(Type.String({ description: 'Name of a fixed point of the profile.' })),
    template: Type.Optional(Type.String({ description: 'Template of the profile; may be left out where the profile has only one.' })),
    slot: Type.Optional(Type.Integer({ description: 'Slot of the template that the sensor is wired to, from 1.', minimum: 1 })),
    name: Type.Optional(PointName),
    sensorType: Type.Optional(SensorTypeCode),
    title: Type.Optional(Title),
    place: Type.Optional(Type.String({ description: 'Where the sensor hangs, for people.', maxLength: 120 })),
    pointCode: Type.Optional(Type.String({ description: 'Point code of 22 digits, in quotes, from the register.', pattern: '^\\d{22}$' })),
    wordOrder: Type.Optional(WordOrder),
    faultCodes: Type.Optional(Type.Array(FaultCode, { description: "Fault codes of this sensor instead of the profile's." })),
    constants: Type.Optional(FormulaConstants),
    inputs: Type.Optional(FormulaInputs),
    ...valueFields,
  },
  { additionalProperties: false },
)
export type PointWiring = Static<typeof PointWiring>

/** Which points of a profile are wired on one device, and how this device differs from its family. */
export const DeviceWiring = Type.Object(
  {
    options: Type.Optional(
      Type.Object(
        {
          wordOrder: Type.Optional(WordOrder),
          addressOffset: Type.Optional(Type.Integer({ description: 'Added to every address of the profile, for devices whose map begins elsewhere.', minimum: -65_535, maximum: 65_535 })),
          deviceTime: Type.Optional(
            Type.Union([Type.Literal('use'), Type.Literal('ignore')], {
              description: "Whether the device's own time is taken where the profile knows it; ignore is the default because nobody sets the clocks of devices.",
            }),
          ),
          ctRatio: Type.Optional(Type.Number({ description: 'Ratio of the current transformers: 20 for 100/5 A; 1 when absent.', exclusiveMinimum: 0, maximum: 100_000 })),
          ptRatio: Type.Optional(Type.Number({ description: 'Ratio of the voltage transformers: 100 for 10000/100 V; 1 when absent.', exclusiveMinimum: 0, maximum: 100_000 })),
          namespaceUri: Type.Optional(Type.String({ description: "OPC UA: namespace URI of this vendor instead of the profile's.", minLength: 1 })),
        },
        { additionalProperties: false, description: 'What holds for the whole device.' },
      ),
    ),
    points: Type.Optional(Type.Array(PointWiring, { description: 'Wired points; all fixed points of the profile when absent.', minItems: 1, maxItems: 10_000 })),
  },
  { additionalProperties: false },
)
export type DeviceWiring = Static<typeof DeviceWiring>
