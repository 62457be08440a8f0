/*
 * Adopting a quarantined source: the register gets the point, ingest is told, and what was kept moves into the store.
 * Interrupted at any place it goes on at the next start: samples leave the quarantine only when the store has them.
 */
import { type SampleColumns, sampleAt } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import type { AdoptionOrder, AdoptionResult } from '../api/index.ts'
import type { Ingest } from '../ingest/index.ts'
import type { Quarantine, QuarantineGroup } from '../quarantine/index.ts'
import { quarantineErrors } from '../quarantine/index.ts'
import { registryErrors, type Registry } from '../registry/index.ts'
import type { TelemetryStore } from '../telemetry/store.ts'

/** What an adoption touches. */
export interface AdoptionParts {
  readonly registry: Pick<Registry, 'adopt'>
  readonly quarantine: Pick<Quarantine, 'group' | 'adopt' | 'append' | 'pendingAdoptions'>
  readonly store: Pick<TelemetryStore, 'write'>
  readonly ingest: Pick<Ingest, 'refresh'>
}

/** Carries out a person's decision. Rejects with REGISTRY_* or QUARANTINE_* when it cannot be. */
export async function adopt(parts: AdoptionParts, order: AdoptionOrder): Promise<AdoptionResult> {
  const found = await parts.quarantine.group(order.group)
  if (found === undefined) throw quarantineErrors.UNKNOWN_GROUP({ id: order.group })
  if (found.gateway === undefined) throw registryErrors.UNKNOWN_GATEWAY({ gateway: found.gatewayKey })
  const point = await parts.registry.adopt({
    gateway: found.gateway,
    device: found.device,
    metric: found.metric,
    pointCode: order.pointCode,
    title: order.name,
    ...(order.unit !== undefined && { acceptedUnit: order.unit }),
  })
  const [group = '', node = ''] = found.gatewayKey.split('/')
  parts.ingest.refresh(group, node)
  return { ...(await moveKept(parts, found, point.id)), point }
}

/** Goes on with adoptions that a stop interrupted, and takes in what came late; failures are logged and tried again. */
export async function resumeAdoptions(parts: AdoptionParts, log: Logger): Promise<void> {
  for (const group of await parts.quarantine.pendingAdoptions()) {
    if (group.adoptedAs === undefined) continue
    try {
      const { stored, conflicts } = await moveKept(parts, group, group.adoptedAs)
      log.info({ group: group.id, stored, conflicts }, 'kept samples of an adopted source are stored')
    } catch (err) {
      log.warn({ err, group: group.id }, 'an adoption cannot go on now')
    }
  }
}

async function moveKept({ quarantine, store }: AdoptionParts, group: QuarantineGroup, point: number): Promise<{ readonly stored: number; readonly conflicts: number }> {
  let stored = 0
  let conflicts = 0
  for await (const batch of quarantine.adopt(group.id, point)) {
    const result = await store.write(batch, [])
    stored += result.stored
    conflicts += result.conflicts.length
    // Asking for the next batch forgets this one, so what the store refused is kept under its own reason first.
    await keepConflicts(quarantine, group, batch, result.conflicts)
  }
  return { stored, conflicts }
}

async function keepConflicts(quarantine: Pick<Quarantine, 'append'>, group: QuarantineGroup, batch: SampleColumns, rows: readonly number[]): Promise<void> {
  if (rows.length === 0) return
  const { gatewayKey, device, metric, lastReceivedMs } = group
  await quarantine.append(
    rows.map((row) => {
      const { timeMs, value, quality, reason, flags, gatewayDeltaMs } = sampleAt(batch, row)
      return {
        gatewayKey,
        device,
        metric,
        reason: 'conflict',
        detail: 'the store has another value of this time',
        timeMs,
        value,
        quality,
        reasonCode: reason,
        flags,
        gatewayDeltaMs,
        receivedMs: lastReceivedMs,
      }
    }),
    [],
  )
}
