export { type Clock, pause, systemClock } from './clock.ts'
export { CodedError, ConfigError, defineErrors, type ErrorDefinition, type ErrorFactory, errorCode, invariant, type RetryClass } from './errors.ts'
export { formatPointCode, type PointCode, parsePointCode, sensorTypeOf, SUBJECT_KINDS, SYSTEM_NAMES } from './point.ts'
export {
  isQuality,
  parseReason,
  Q,
  QUALITY_NAMES,
  type Quality,
  qualityOfOpcUaStatus,
  qualityOfSparkplug,
  REASONS,
  type Reason,
  reasonCode,
  reasonOf,
  SAMPLE_FLAGS,
  sparkplugQuality,
} from './quality.ts'
export { type PositionRange, RangeSet } from './range-set.ts'
export { columnsOf, type Sample, SampleBuilder, type SampleColumns, sampleAt, samplesOf } from './sample.ts'
export { SENSOR_TYPES, type SensorType } from './sensor-types.ts'
