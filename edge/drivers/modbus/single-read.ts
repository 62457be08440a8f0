import { type CodedError, Q, reasonCode, type SampleBuilder } from '@orewatch/core'
import type { RawReading } from '../driver.ts'
import type { ModbusDevice } from './device.ts'
import { modbusErrors } from './errors.ts'
import type { Poll, PollOutlet } from './poll.ts'

interface Row {
  value: number
  quality: number
  reason: number
  raw: string
}

/** Reads every point of a device once and returns them in the order of the device's list; rejects with a coded error when the unit does not answer. */
export function readDeviceOnce(device: ModbusDevice, makePoll: (outlet: PollOutlet) => Poll, signal: AbortSignal): Promise<readonly RawReading[]> {
  const rows: Row[] = device.spec.points.map(() => ({ value: Number.NaN, quality: Q.commLost, reason: reasonCode('unspecified'), raw: '' }))
  return new Promise((resolve, reject) => {
    const onAbort = (): void => poll.abort(modbusErrors.CANCELLED({ device: device.spec.id }))
    const finished = (error?: CodedError): void => {
      device.singles.delete(poll)
      signal.removeEventListener('abort', onAbort)
      if (error !== undefined) reject(error)
      else resolve(rows.map((row, index) => ({ point: device.spec.points[index]?.name ?? '', ...row })))
    }
    const poll = makePoll({
      readings: (columns) => fill(rows, columns),
      raw: (index, text) => {
        ;(rows[index] as Row).raw = text
      },
      finished,
    })
    device.singles.add(poll)
    signal.addEventListener('abort', onAbort, { once: true })
    poll.start(device.planAll(), device.refusedPoints())
  })
}

function fill(rows: readonly Row[], columns: SampleBuilder): void {
  for (let i = 0; i < columns.count; i++) {
    const row = rows[columns.key[i] as number] as Row
    row.value = columns.value[i] as number
    row.quality = columns.quality[i] as number
    row.reason = columns.reason[i] as number
  }
}
