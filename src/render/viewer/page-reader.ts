/** The packed data of the page (html/page-format.ts), taken apart. */

import { COLUMNS, type ColumnName, type PageHeader } from '../html/page-format.ts'

export interface PageContent {
  readonly header: PageHeader
  readonly columns: Readonly<Record<ColumnName, Uint8Array>>
}

/** @param bytes no longer compressed. */
export const readContent = (bytes: Uint8Array): PageContent => {
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  const header: PageHeader = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + headerLength)))
  const columns: Partial<Record<ColumnName, Uint8Array>> = {}
  let at = 4 + headerLength
  for (const name of COLUMNS) {
    columns[name] = bytes.subarray(at, at + header.columns[name])
    at += header.columns[name]
  }
  return { header, columns: columns as Record<ColumnName, Uint8Array> }
}
