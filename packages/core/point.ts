import { SENSOR_TYPES, type SensorType } from './sensor-types.ts'

/**
 * The 22-character point code: mine or pond (12) + system (2) + sensor type of T-20 (4) + serial (4).
 * Modelled on MT/T 1201 and provincial specifications.
 */
export interface PointCode {
  /** Division code of enrolment (6) + type digit (1) + serial (5). */
  readonly subjectCode: string
  readonly systemCode: string
  readonly sensorTypeCode: string
  readonly serial: string
}

const POINT_CODE = /^(?<subjectCode>[1-9]\d{5}[1-7]\d{5})(?<systemCode>\d{2})(?<sensorTypeCode>\d{4})(?<serial>\d{4})$/

/** The parts of a point code, or undefined when it is not one. */
export function parsePointCode(code: string): PointCode | undefined {
  const groups = POINT_CODE.exec(code)?.groups
  return groups as PointCode | undefined
}

/** Builds a point code; the parts must have their lengths. */
export function formatPointCode(parts: PointCode): string {
  return parts.subjectCode + parts.systemCode + parts.sensorTypeCode + parts.serial
}

/** The class of a point code from the code list T-20, if it is known. */
export function sensorTypeOf(code: string): SensorType | undefined {
  const parts = parsePointCode(code)
  return parts && SENSOR_TYPES[parts.sensorTypeCode]
}

/** Kinds of subject by the type digit of a subject code. */
export const SUBJECT_KINDS: Readonly<Record<string, { readonly zh: string; readonly en: string }>> = {
  1: { zh: '地下矿山', en: 'underground mine' },
  2: { zh: '露天矿山', en: 'open-pit mine' },
  3: { zh: '尾矿库', en: 'tailings pond' },
  4: { zh: '排土场', en: 'waste dump' },
  5: { zh: '地质勘探', en: 'geological exploration' },
  6: { zh: '采掘施工', en: 'mining contractor' },
  7: { zh: '岩盐/其他', en: 'rock salt and others' },
}

/** Systems of a subject (CL-SYS), by the two digits in the point code. */
export const SYSTEM_NAMES: Readonly<Record<string, { readonly zh: string; readonly en: string }>> = {
  '01': { zh: '监测监控', en: 'gas and environment monitoring' },
  '02': { zh: '人员定位', en: 'personnel positioning' },
  '03': { zh: '地压微震', en: 'ground pressure and microseismic' },
  '04': { zh: '通风', en: 'ventilation' },
  '05': { zh: '排水', en: 'drainage' },
  '06': { zh: '提升', en: 'hoisting' },
  '07': { zh: '供电', en: 'power supply' },
  '08': { zh: '视频', en: 'video' },
  '09': { zh: '边坡', en: 'slope' },
  10: { zh: '尾矿库', en: 'tailings pond' },
  11: { zh: '水文', en: 'hydrology' },
  12: { zh: '气象', en: 'meteorology' },
  13: { zh: '通信', en: 'communication' },
  14: { zh: '智能用电', en: 'smart power' },
  15: { zh: '电子封条', en: 'electronic seal' },
}
