/** What an output format is: rows of named values → text. */

import type { Described } from '../core/registry.ts'
import type { Value } from '../core/reply-field.ts'

export interface RowWriter {
  /** What comes before the first row. */
  header(): string
  /** Values in the order of the fields given to `open`. A writer may hold rows back until it knows more. */
  row(values: readonly Value[]): string
  /** What comes after the last row, and whatever was held back. */
  end(): string
}

export interface FormatOptions {
  /** A line with the field names first, where the format has one. True unless said otherwise. */
  header?: boolean
  /** Fields whose values are JSON already: formats that nest take them as they are. */
  nested?: ReadonlySet<string>
}

export interface OutputFormat extends Described {
  /** The ending of files in this format, without the dot. */
  readonly extension: string
  /** True when the text of a row depends on nothing but its values: equal rows may then be formatted once. */
  readonly rowsStandAlone: boolean
  open(fields: readonly string[], options?: FormatOptions): RowWriter
}
