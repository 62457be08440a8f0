import { modbusErrors } from './errors.ts'
import type { IdentifyRequest } from './framing.ts'

/** What a device says of itself (function code 43/14): objects by number, and the first names of the standard. */
export interface Identification {
  readonly vendor?: string
  readonly product?: string
  readonly revision?: string
  readonly objects: Readonly<Record<number, string>>
}

// A device that says «more follows» for ever must not hold us.
const MAX_PARTS = 16

/** Asks part after part until the identification is whole. */
export async function identifyUnit(unit: number, signal: AbortSignal, ask: (request: IdentifyRequest) => Promise<Buffer>): Promise<Identification> {
  const objects: Record<number, string> = {}
  let objectId = 0
  for (let part = 0; part < MAX_PARTS; part++) {
    if (signal.aborted) throw modbusErrors.CANCELLED({ unit })
    const next = readObjects(await ask({ kind: 'identify', unit, level: 1, objectId }), objects)
    if (next === undefined || next <= objectId) break
    objectId = next
  }
  const [vendor, product, revision] = [objects[0], objects[1], objects[2]]
  return { ...(vendor !== undefined && { vendor }), ...(product !== undefined && { product }), ...(revision !== undefined && { revision }), objects }
}

/** Takes the objects out of one answer; returns the next object id when more follows. Application Protocol V1.1b3, 6.21. */
function readObjects(pdu: Buffer, objects: Record<number, string>): number | undefined {
  const count = pdu[6] as number
  let at = 7
  for (let i = 0; i < count; i++) {
    const end = at + 2 + (pdu[at + 1] ?? 0)
    if (at + 2 > pdu.length || end > pdu.length) throw modbusErrors.BAD_IDENTIFICATION({ bytes: pdu.toString('hex') })
    objects[pdu[at] as number] = pdu.toString('latin1', at + 2, end)
    at = end
  }
  return pdu[4] === 0xff ? pdu[5] : undefined
}
