import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Health } from './health.ts'
import type { Metrics } from './metrics.ts'

/** A running probe endpoint. */
export interface ProbeServer {
  readonly port: number
  close(): Promise<void>
}

/** Serves `/healthz`, `/readyz` and `/metrics` on loopback; for programs without a web server of their own. */
export async function serveProbes(options: { readonly health: Health; readonly metrics: Metrics; readonly port: number; readonly host?: string }): Promise<ProbeServer> {
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', options).then(({ status, type, body }) => {
      response.writeHead(status, { 'content-type': type }).end(body)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host ?? '127.0.0.1', resolve)
  })
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server) }
}

async function answer(url: string, { health, metrics }: { health: Health; metrics: Metrics }): Promise<{ status: number; type: string; body: string }> {
  if (url === '/healthz') return { status: 200, type: 'application/json', body: '{"alive":true}' }
  if (url === '/readyz') {
    const report = health.report()
    return { status: report.ready ? 200 : 503, type: 'application/json', body: JSON.stringify(report) }
  }
  if (url === '/metrics') return { status: 200, ...(await metrics.text()) }
  return { status: 404, type: 'text/plain', body: 'known paths: /healthz /readyz /metrics\n' }
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
