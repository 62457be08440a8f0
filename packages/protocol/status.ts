/**
 * What a gateway says of itself every ten seconds, as JSON in the NDATA metric `Node Info/Status`. It is about now, so
 * it does not pass through the outbox and is lost when the link is down, which is itself a statement.
 */
export interface GatewayStatus {
  readonly timeMs: number
  readonly devices: Readonly<Record<string, DeviceStatus>>
  readonly outbox: {
    readonly incarnation: string
    /** Records accepted and not confirmed, over all streams. */
    readonly pending: number
    readonly oldestMs?: number
    readonly diskBytes: number
    readonly failure?: string
  }
  readonly uplink: { readonly sinceMs: number; readonly inFlightBytes: number; readonly resent: number; readonly backlog: number }
  readonly clock: { readonly source: string; readonly offsetMs?: number; readonly isTrusted: boolean }
}

/** How one device stands at the gateway. */
export interface DeviceStatus {
  readonly line: string
  readonly state: 'starting' | 'live' | 'lost' | 'paused'
  readonly sinceMs: number
  readonly reason?: string
  readonly detail?: string
  /** UTC ms of the last reading of any point. */
  readonly lastReadMs?: number
}
