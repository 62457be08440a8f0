import * as units from '@grafana/grafana-foundation-sdk/units'
import type { SensorType } from '@orewatch/core'

/** What Grafana calls a unit of ours. `suffix:` where it has none, so that the number is never scaled or renamed. */
const GRAFANA_UNITS: Readonly<Record<string, string>> = {
  ppm: units.PartsPerMillion,
  '%VOL': 'suffix: %VOL',
  bool: units.NoUnit,
  'mg/m³': units.MilligramPerCubicMeter,
  '℃': units.Celsius,
  '%RH': units.Humidity,
  'Bq/m³': 'suffix: Bq/m³',
  'm/s': units.MetersPerSecond,
  Pa: units.Pascals,
  'mm/s': 'suffix: mm/s',
  m: 'suffix: m',
  'm³/h': 'suffix: m³/h',
  MPa: 'suffix: MPa',
  persons: 'suffix: 人',
  pixels: 'suffix: 像元',
  kN: units.KiloNewtons,
  mm: units.Millimeter,
  '°': units.Degrees,
  'cm/s': 'suffix: cm/s',
  kPa: units.Kilopascals,
  'mm/h': 'suffix: mm/h',
  ratio: units.NoUnit,
  '%': units.Percent,
  'L/s': 'suffix: L/s',
  NTU: 'suffix: NTU',
  'm³/s': units.CubicMetersPerSecond,
  hPa: units.Hectopascals,
  V: 'suffix: V',
  A: 'suffix: A',
  kW: 'suffix: kW',
  Hz: 'suffix: Hz',
  kWh: 'suffix: kWh',
  kvar: 'suffix: kvar',
  kVA: 'suffix: kVA',
  mA: 'suffix: mA',
  'm²': units.SquareMeters,
}

/** Grafana's unit of a class; undefined for a unit that nobody has entered here, which a test refuses. */
export function grafanaUnit({ unit }: Pick<SensorType, 'unit'>): string | undefined {
  return GRAFANA_UNITS[unit]
}

/** Every unit id that Grafana knows, as its SDK lists them. */
export const KNOWN_UNITS: ReadonlySet<string> = new Set(Object.values(units as Readonly<Record<string, unknown>>).filter((id) => typeof id === 'string'))
