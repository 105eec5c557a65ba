/** What `interplot trace export` is told. */

export const EXPORT_FORMATS = ['ndjson', 'csv', 'atlas', 'graphml', 'dot'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export interface TraceExportOptions {
  db?: string
  trace?: string
  target?: string
  since?: string
  format?: ExportFormat
  outputFile?: string
  maskHops?: number
  quiet?: boolean
}
