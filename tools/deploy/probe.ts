import { request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { deployErrors } from './errors.ts'

const TIMEOUT_MS = 4_000

/** Resolves when the probe of a program on this machine answers 200; rejects with DEPLOY_NOT_WELL and what it said. */
export async function probe(url: string): Promise<void> {
  const { protocol, hostname } = new URL(url)
  if (hostname !== '127.0.0.1') throw deployErrors.BAD_USAGE({ found: url, rightWouldBe: 'a probe on 127.0.0.1' })
  const request = protocol === 'https:' ? requestTls : requestPlain
  await new Promise<void>((resolve, reject) => {
    // On loopback nobody stands between; the certificate is for the names that others use.
    const asked = request(url, { rejectUnauthorized: false, timeout: TIMEOUT_MS }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(deployErrors.NOT_WELL({ url, status: response.statusCode, said: text.slice(0, 500) }))))
    })
    asked.on('timeout', () => asked.destroy(deployErrors.NOT_WELL({ url, said: `no answer within ${TIMEOUT_MS} ms` })))
    asked.on('error', (cause) => reject(deployErrors.NOT_WELL({ url, said: cause.message }, cause)))
    asked.end()
  })
}
