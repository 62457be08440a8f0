import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@orewatch/observability'
import { describeTelemetryStore } from '../conformance.ts'
import { capabilities, openDuckDbStore } from './index.ts'

describeTelemetryStore('duckdb', {
  capabilities,
  makePlace: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'orewatch-duckdb-'))
    return {
      open: () => openDuckDbStore({ directory, log: silentLogger(), memoryMb: 128, threads: 1 }),
      remove: async () => rmSync(directory, { recursive: true, force: true }),
    }
  },
})
