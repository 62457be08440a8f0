import { silentLogger } from '@orewatch/observability'
import { isVictoriaAvailable, startVictoria } from '@orewatch/testkit'
import { describe } from 'vitest'
import { describeTelemetryStore } from '../conformance.ts'
import { capabilities, openVictoriaStore } from './index.ts'

describe.skipIf(!isVictoriaAvailable())('with a real VictoriaMetrics (skipped without victoria-metrics; install it with: npm run services)', () => {
  describeTelemetryStore('victoriametrics', {
    capabilities,
    makePlace: async () => {
      // A server of its own for each test: it has no databases, and forgets deleted series only by and by.
      const server = await startVictoria()
      return {
        open: () => openVictoriaStore({ url: server.url, log: silentLogger(), groupMs: 0 }),
        remove: () => server[Symbol.asyncDispose](),
      }
    },
  })
})
