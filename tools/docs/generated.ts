import { dashboardFiles } from '../../central/grafana/index.ts'
import { referencePages } from './pages.ts'

/** Every file that `npm run gen` writes, by its path below the root, with its text. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([...(await referencePages()), ...dashboardFiles()])
}
