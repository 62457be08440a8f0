/*
 * The port through which messages reach ingest. Units: mqtt (Aedes embedded or any broker by URL); amqp comes later.
 */

/** A message as it came from the broker. */
export interface SourceMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly receivedMs: number
}

/** A connection to a broker that delivers Sparkplug messages of a set of groups and sends commands. */
export interface IngestSource {
  /** Connects and subscribes; reconnects for ever. `onMessage` must return quickly and never throws. */
  start(onMessage: (message: SourceMessage) => void): Promise<void>
  /** Sends a command to a gateway; resolves when handed to the broker, rejects when not connected. */
  send(topic: string, payload: Uint8Array): Promise<void>
  readonly isConnected: boolean
  stop(): Promise<void>
}
