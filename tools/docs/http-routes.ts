import { Health, Metrics, silentLogger } from '@orewatch/observability'
import { buildApi } from '../../central/api/index.ts'
import { memoryParts } from '../../central/api/test/memory-parts.ts'

/** A route of the HTTP interface. */
export interface HttpRoute {
  readonly method: string
  readonly path: string
  readonly summary: string
  /** Who may use it, in words. */
  readonly access: string
}

interface OpenApi {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, { readonly summary?: string }>>>>
}

/** The routes as the interface itself declares them, with their permission; those of the portal's own files are left out. */
export async function httpRoutes(): Promise<HttpRoute[]> {
  const app = await buildApi({ parts: memoryParts(), log: silentLogger(), health: new Health(), metrics: new Metrics() })
  try {
    await app.ready()
    const document = app.swagger() as OpenApi
    return app.routeTable
      .filter(({ url }) => url.startsWith('/api/') || /^\/(healthz|readyz|metrics)$/.test(url))
      .map(({ method, url, access }) => {
        const path = url.replaceAll(/:(\w+)/g, '{$1}')
        return { method, path, summary: document.paths?.[path]?.[method.toLowerCase()]?.summary ?? 'This interface as OpenAPI 3.1.', access: access === undefined ? 'nobody' : wordsOf(access) }
      })
      .toSorted((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method))
  } finally {
    await app.close()
  }
}

type Access = NonNullable<Awaited<ReturnType<typeof buildApi>>['routeTable'][number]['access']>

function wordsOf(access: Access): string {
  switch (access.kind) {
    case 'public':
      return 'anybody'
    case 'loopback':
      return `this machine; others with \`${access.action}\``
    case 'session':
      return 'whoever is logged in'
    case 'action':
      return `\`${access.action}\`, ${access.where === 'own-scope' ? 'own scope' : 'where the thing is'}`
  }
}
