export type { ExportedPoint } from './csv-codec.ts'
export { exportErrors } from './errors.ts'
export { EXPORT_FORMATS, type Exporter, type ExportFormat, type ExportOrder, type ExportSummary, MAX_DAYS_OF_A_POINT, MAX_DAYS_OF_MANY, openExporter } from './exporter.ts'
