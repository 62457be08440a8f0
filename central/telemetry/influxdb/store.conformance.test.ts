import { randomBytes } from 'node:crypto'
import { silentLogger } from '@orewatch/observability'
import { type InfluxServer, isInfluxdAvailable, startInfluxd } from '@orewatch/testkit'
import { afterAll, beforeAll, describe } from 'vitest'
import { describeTelemetryStore } from '../conformance.ts'
import { capabilities, openInfluxStore } from './index.ts'

describe.skipIf(!isInfluxdAvailable())('with a real InfluxDB (skipped without influxd; install it with: npm run services)', () => {
  let server: InfluxServer
  beforeAll(async () => {
    server = await startInfluxd()
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  describeTelemetryStore('influxdb', {
    capabilities,
    makePlace: async () => {
      const database = `t_${randomBytes(6).toString('hex')}`
      return {
        open: () => openInfluxStore({ url: server.url, database, log: silentLogger() }),
        remove: async () => {
          await fetch(`${server.url}/query?q=${encodeURIComponent(`DROP DATABASE "${database}"`)}`, { method: 'POST' })
        },
      }
    },
  })
})
