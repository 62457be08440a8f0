import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Metrics } from '@orewatch/observability'
import { Counters } from '../../central/ingest/counters.ts'

/** A metric and what it says. */
export interface MetricEntry {
  readonly name: string
  readonly help: string
  /** `edge` or `central`. */
  readonly program: string
}

/**
 * The metrics that the programs publish, read from where they are declared; those of ingest, whose names are put
 * together, are asked of its counters. Sorted by program and name.
 */
export async function metricNames(root: string): Promise<MetricEntry[]> {
  const files = globSync('{edge,central}/**/*.ts', { cwd: root, exclude: ['**/node_modules/**', '**/*.test.ts', '**/test/**', 'central/web/**'] })
  const declared = files.flatMap((file) => declaredIn(readFileSync(join(root, file), 'utf8'), file.split('/')[0] ?? ''))
  const metrics = new Metrics()
  new Counters().register(metrics)
  const counted = (await metrics.registry.getMetricsAsJSON()).map(({ name, help }) => ({ name, help, program: 'central' }))
  return [...declared, ...counted].toSorted((a, b) => b.program.localeCompare(a.program) || a.name.localeCompare(b.name))
}

function declaredIn(text: string, program: string): MetricEntry[] {
  const entries: MetricEntry[] = []
  for (const match of text.matchAll(/\.(?:gauge|counter|histogram)\(\s*(['`])(?<name>[a-z_]+(?:\$\{key\}[a-z_]*)?)\1,\s*(['"`])(?<help>[^\n]*?)\3,/g)) {
    const { name = '', help = '' } = match.groups ?? {}
    for (const key of name.includes('${key}') ? keysBefore(text, match.index) : ['']) {
      entries.push({ name: name.replace('${key}', key), help: help.replace('${key}', key), program })
    }
  }
  return entries
}

/** The words of the list that the loop around a declaration goes through. */
function keysBefore(text: string, index: number): string[] {
  const list = /\[(?<words>[^\]]*)\] as const\) \{\s*(?:\w+)?$/.exec(text.slice(0, index))?.groups?.['words'] ?? ''
  return [...list.matchAll(/'(\w+)'/g)].map(([, word = '']) => word)
}
