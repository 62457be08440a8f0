import { type DashboardBuilder, type GridPos, type Panel, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'

/** What every builder of a panel of the SDK can do. */
export interface PlaceablePanel extends Builder<Panel> {
  id(id: number): this
  gridPos(gridPos: GridPos): this
}

/** Width of the grid. */
export const GRID_WIDTH = 24

/** Puts panels on a dashboard from the top down, and gives each its id in the same order. */
export class Layout {
  readonly #dashboard: DashboardBuilder
  #nextId = 1
  #y = 0

  constructor(dashboard: DashboardBuilder) {
    this.#dashboard = dashboard
  }

  /** A heading over what follows. */
  heading(title: string): this {
    const gridPos = { x: 0, y: this.#y++, w: GRID_WIDTH, h: 1 }
    this.#dashboard.withRow(new RowBuilder(title).id(this.#nextId++).gridPos(gridPos))
    return this
  }

  /** Panels side by side, all of one height and of equal width. */
  line(height: number, ...panels: readonly PlaceablePanel[]): this {
    const width = Math.floor(GRID_WIDTH / panels.length)
    for (const [i, panel] of panels.entries()) this.#dashboard.withPanel(panel.id(this.#nextId++).gridPos({ x: i * width, y: this.#y, w: width, h: height }))
    this.#y += height
    return this
  }
}
