/*
 * A broker and a host that acknowledges everything it hears at once, as cheaply as it can: what a gateway is measured
 * against. Runs as a child process, so that its CPU is not the gateway's.
 */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { decodeData, decodePayload, decodePosition, DATA_TYPES, encodeHostState, encodePayload, encodeStored, formatTopic, OUTBOX_METRICS, parseTopic, stateTopic } from '@orewatch/protocol'
import { Aedes } from 'aedes'

const aedes = await Aedes.createBroker()
const server = createServer(aedes.handle)
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve)
})

const publish = (topic: string, payload: Uint8Array, retain = false): void => {
  aedes.publish({ cmd: 'publish', topic, payload: Buffer.from(payload), qos: 0, retain, dup: false }, () => {})
}
publish(stateTopic('orewatch'), encodeHostState({ online: true, timestamp: Date.now() }), true)

let samples = 0
let bytes = 0
aedes.on('publish', (packet, client) => {
  if (client === null) return
  const topic = parseTopic(packet.topic)
  if (topic === undefined) return
  const payload = packet.payload as Buffer
  const stored = (incarnation: string, isComplete: boolean, streams: Parameters<typeof encodeStored>[0]['streams']): void => {
    const value = encodeStored({ incarnation, isComplete, streams })
    publish(formatTopic({ group: topic.group, node: topic.node, type: 'NCMD' }), encodePayload({ metrics: [{ name: OUTBOX_METRICS.stored, dataType: DATA_TYPES.Bytes, value }] }))
  }
  if (topic.type === 'NBIRTH') {
    const incarnation = decodePayload(payload).metrics.find((m) => m.name === OUTBOX_METRICS.incarnation)?.value
    if (typeof incarnation === 'string') stored(incarnation, true, new Map())
    return
  }
  if (topic.type !== 'DDATA' && topic.type !== 'NDATA') return
  bytes += payload.length
  const message = decodeData(payload)
  samples += message.samples.count
  const value = message.others.find((m) => m.value instanceof Uint8Array)?.value
  if (!(value instanceof Uint8Array)) return
  const position = decodePosition(value)
  stored(position.incarnation, false, new Map([[position.stream, position.runs]]))
})
process.on('message', () => process.send?.({ samples, bytes }))
process.send?.({ kind: 'ready', port: (server.address() as AddressInfo).port })
process.once('disconnect', () => process.exit(0))
