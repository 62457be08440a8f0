import { connect, createServer, type Socket } from 'node:net'

/** A proxy that writes down every function code a client sends, and counts what is none of the allowed ones. */
export interface RecordingProxy {
  readonly port: number
  /** How often each request was seen, by `FC` or `43/14`. */
  readonly seen: ReadonlyMap<string, number>
  close(): Promise<void>
}

/** Puts itself between a client and a server on this machine. Its parser is its own: it shares nothing with the driver. */
export async function startRecordingProxy(targetPort: number, framing: 'tcp' | 'rtu-over-tcp'): Promise<RecordingProxy> {
  const seen = new Map<string, number>()
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1')
    sockets.add(client).add(upstream)
    let bytes = Buffer.alloc(0)
    client.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk])
      for (let frame = firstFrame(bytes, framing); frame !== undefined; frame = firstFrame(bytes, framing)) {
        seen.set(frame.name, (seen.get(frame.name) ?? 0) + 1)
        bytes = bytes.subarray(frame.length)
      }
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => client.write(chunk))
    const end = (): void => {
      client.destroy()
      upstream.resetAndDestroy()
    }
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    seen,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

function firstFrame(bytes: Buffer, framing: 'tcp' | 'rtu-over-tcp'): { name: string; length: number } | undefined {
  if (framing === 'tcp') {
    if (bytes.length < 8 || bytes.length < 6 + bytes.readUInt16BE(4)) return undefined
    return { name: nameOf(bytes.subarray(7)), length: 6 + bytes.readUInt16BE(4) }
  }
  // RTU requests of the allowed codes have 8 bytes (reads) or 7 (identification); anything else shows up as its code.
  const length = bytes[1] === 43 ? 7 : 8
  return bytes.length < length ? undefined : { name: nameOf(bytes.subarray(1)), length }
}

function nameOf(pdu: Buffer): string {
  return pdu[0] === 43 ? `43/${pdu[1]}` : String(pdu[0])
}
