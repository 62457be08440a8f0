import type { Clock } from '@orewatch/core'
import type { Figures } from './figures.ts'
import type { LiveFeed } from './live/feed.ts'
import type { ApiParts } from './parts.ts'
import type { RegisterView } from './register-view.ts'

/** What every group of routes is given. */
export interface ApiContext {
  readonly parts: ApiParts
  readonly view: RegisterView
  readonly figures: Figures
  readonly live: LiveFeed
  readonly clock: Clock
}
