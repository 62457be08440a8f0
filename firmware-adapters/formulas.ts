/*
 * Formulas of computed points: pure arithmetic of one device, named in a profile by `computed.formula`. Each says what it
 * takes, in which unit, and what it gives, so that a profile that does not fit is refused before a gateway starts.
 * Not here: which sample of an input counts and with what quality (edge/pipeline/derive.ts).
 */

/** What a formula takes from another point of the device. */
export interface FormulaInput {
  /** Unit that the point must have. */
  readonly unit: string
  readonly about: string
  /** The formula works without it. */
  readonly isOptional?: boolean
}

/** A number of the calibration sheet or of the design. */
export interface FormulaConstant {
  readonly unit: string
  readonly about: string
  /** Needed only where this input is wired. */
  readonly with?: string
  /** False for a value that may be zero or less; a positive number is demanded otherwise. */
  readonly isSigned?: boolean
}

/** Numbers by role or name; an input that is not wired is undefined. */
export type FormulaNumbers = Readonly<Record<string, number | undefined>>

/** A formula: pure, and NaN where it has no answer. */
export interface Formula {
  /** Unit of the result. */
  readonly unit: string
  readonly about: string
  readonly inputs: Readonly<Record<string, FormulaInput>>
  readonly constants: Readonly<Record<string, FormulaConstant>>
  evaluate(inputs: FormulaNumbers, constants: FormulaNumbers): number
}

/** Kilopascal that a metre of water weighs (standard gravity, 1000 kg/m³). */
export const KPA_PER_METRE_OF_WATER = 9.80665

const HPA_PER_KPA = 10
const no = Number.NaN

/** Pressure at a vibrating-wire piezometer, kPa: P = G·(F0 − F) + K·(T − T0) − ΔPatm with F = f² / 1000 digits (domain table E.1.4). */
export const vibratingWirePressure: Formula = {
  unit: 'kPa',
  about: 'Pressure at a vibrating-wire piezometer: G·(F0 − F) + K·(T − T0) − ΔPatm, F = f² ÷ 1000 digits.',
  inputs: {
    frequency: { unit: 'Hz', about: 'Frequency of the wire.' },
    temperature: { unit: '℃', about: 'Temperature at the wire.' },
    atmosphere: { unit: 'hPa', about: 'Air pressure, for a sealed piezometer.', isOptional: true },
  },
  constants: {
    f0: { unit: 'Hz', about: 'Zero reading of the calibration sheet.' },
    G: { unit: 'kPa/digit', about: 'Gauge factor; negative on sheets that count F − F0.', isSigned: true },
    K: { unit: 'kPa/℃', about: 'Temperature factor; 0 where the sheet gives none.', isSigned: true },
    T0: { unit: '℃', about: 'Temperature at the zero reading.', isSigned: true },
    P0: { unit: 'hPa', about: 'Air pressure at the zero reading.', with: 'atmosphere' },
  },
  evaluate({ frequency = no, temperature = no, atmosphere }, { f0 = no, G = no, K = no, T0 = no, P0 = no }) {
    const risenKpa = atmosphere === undefined ? 0 : (atmosphere - P0) / HPA_PER_KPA
    return (G * (f0 * f0 - frequency * frequency)) / 1000 + K * (temperature - T0) - risenKpa
  },
}

/** Height of the water column above a sensor, m (domain table E.1.4: ÷ 9.80665). */
export const head: Formula = {
  unit: 'm',
  about: 'Water column above the sensor: pressure ÷ 9.80665.',
  inputs: { pressure: { unit: 'kPa', about: 'Pressure at the sensor.' } },
  constants: {},
  evaluate: ({ pressure = no }) => pressure / KPA_PER_METRE_OF_WATER,
}

/** Depth of the phreatic line below the slope, m: surface − (sensor + head) (domain table E.1.4). */
export const phreaticDepth: Formula = {
  unit: 'm',
  about: 'Depth of the phreatic line: surface elevation − (sensor elevation + head).',
  inputs: { head: { unit: 'm', about: 'Water column above the sensor.' } },
  constants: {
    surfaceElevation: { unit: 'm', about: 'Elevation of the outer slope above the sensor.', isSigned: true },
    sensorElevation: { unit: 'm', about: 'Elevation of the sensor.', isSigned: true },
  },
  evaluate: ({ head: column = no }, { surfaceElevation = no, sensorElevation = no }) => surfaceElevation - (sensorElevation + column),
}

/** Dry beach at the design flood level, m: freeboard ÷ slope with freeboard = crest − level − rise in the flood (ALG-6). */
export const beachAtLevel: Formula = {
  unit: 'm',
  about: 'Dry beach at the design flood level: (crest − level − floodRise) ÷ slope, and 0 where the flood reaches the crest.',
  inputs: {
    crest: { unit: 'm', about: 'Elevation of the beach crest.' },
    level: { unit: 'm', about: 'Pond level now.' },
    slope: { unit: '%', about: 'Slope of the beach.' },
  },
  constants: { floodRise: { unit: 'm', about: 'Rise of the level in the design flood, from the flood routing.', isSigned: true } },
  evaluate({ crest = no, level = no, slope = no }, { floodRise = no }) {
    if (!(slope > 0)) return no
    // A flood above the crest leaves no beach. Less than none would look like a broken sensor just when it matters most.
    return Math.max(0, (100 * (crest - level - floodRise)) / slope)
  },
}

/** The formulas by the name under which a profile asks for them. */
export const FORMULAS: Readonly<Record<string, Formula>> = {
  'vibrating-wire-pressure': vibratingWirePressure,
  head,
  'phreatic-depth': phreaticDepth,
  'beach-at-level': beachAtLevel,
}
