export { type GatewayView, Ingest, type IngestLimits, type IngestParts, type IngestStats, openIngest, type PointTrace } from './ingest.ts'
export { LiveFeed, type LiveFeedOptions } from './live-feed.ts'
export { MqttSource, type MqttSourceOptions, openMqttSource } from './mqtt-source.ts'
export type { IngestSource, SourceMessage } from './source.ts'
