export { DEVICE_METRICS, NODE_METRICS, POINT_PROPERTIES } from './birth.ts'
export { DataEncoder, type DataHeader, type DataMessage, decodeData, readSampleProperties, type SampleMeta } from './data-codec.ts'
export { protocolErrors } from './errors.ts'
export {
  countOf,
  decodePosition,
  decodeStored,
  encodePosition,
  encodeStored,
  isIncarnation,
  OUTBOX_METRICS,
  type OutboxPosition,
  type StoredRanges,
  type Stream,
  STREAMS,
} from './outbox-wire.ts'
export { DATA_TYPES, decodePayload, encodePayload, type Metric, type MetricValue, type Payload, type PropertyScalar } from './payload-codec.ts'
export { type GapBody, type OutboxRecord, parseRecord } from './records.ts'
export {
  decodeHostState,
  encodeHostState,
  formatTopic,
  type HostState,
  isTopicId,
  type MessageType,
  NAMESPACE,
  parseTopic,
  type SparkplugTopic,
  stateTopic,
} from './topics.ts'
export { type DeviceStatus, type GatewayStatus } from './status.ts'
export { varintBytes, WireReader, WireWriter } from './wire.ts'
