import type { PointRow } from '../registry/index.ts'
import type { LatestSample } from '../telemetry/store.ts'
import type { LiveFeed } from './live/feed.ts'
import type { ApiParts } from './parts.ts'
import type { WayInputs } from './way.ts'

/** Asks every part what it knows of a point; a store that does not answer counts as broken instead of failing the page. */
export async function wayInputs(parts: ApiParts, live: LiveFeed, point: PointRow): Promise<{ readonly inputs: WayInputs; readonly latest: LatestSample | undefined }> {
  const { ingest, store } = parts
  const { latest, health } = await askStore(store, point.id)
  const inputs: WayInputs = {
    device: point.device,
    periodMs: point.periodMs,
    gateway: { node: point.gatewayKey.slice(point.gatewayKey.indexOf('/') + 1), ...ingest.session(point.gateway) },
    broker: ingest.brokerHealth(),
    ingest: { ...ingest.health(), ...ingest.trace(point.id) },
    store: { ...health, ...(latest !== undefined && { newest: { timeMs: latest.timeMs, quality: latest.quality, reason: latest.reason } }) },
    screen: live.reach(point.id, point.subjectCode),
  }
  return { inputs, latest }
}

// The page that tells what is broken must come up while the store is stuck, well before the request times out.
const STORE_PATIENCE_MS = 5_000

async function askStore(store: ApiParts['store'], point: number) {
  const stuck = Promise.withResolvers<'stuck'>()
  const timer = setTimeout(() => stuck.resolve('stuck'), STORE_PATIENCE_MS)
  try {
    const answer = await Promise.race([store.latest([point]), stuck.promise])
    if (answer === 'stuck') return { latest: undefined, health: { ok: false, note: `no answer within ${STORE_PATIENCE_MS / 1_000} s` } }
    return { latest: answer[0], health: store.health() }
  } catch (err) {
    return { latest: undefined, health: { ok: false, note: err instanceof Error ? err.message : String(err) } }
  } finally {
    clearTimeout(timer)
  }
}
