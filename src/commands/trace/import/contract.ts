/** What a format of traces is: one JSON value of another program → a trace, or why it is none. Whatever the value holds, nothing is thrown. */

import { createHash } from 'node:crypto'
import type { IpAddress } from '../../../core/ip.ts'
import type { Place } from '../../../core/place.ts'
import type { Described } from '../../../core/registry.ts'
import type { NewTrace } from '../../../store/traces.ts'

export interface ImportedTrace {
  trace: NewTrace
  places?: ReadonlyMap<IpAddress, Place>
  names?: ReadonlyMap<IpAddress, string>
  /** Replies that a trace has no place for: late ones, errors of the sender. */
  leftOut?: number
}

export interface ReadingContext {
  /** When the file was written, for formats that do not say when they were made. Microseconds since the Unix epoch. */
  writtenUs: number
}

/** A string says why the value was refused; null: it is of the format, and no trace. */
export type Reading = ImportedTrace | string | null

export interface TraceFormat extends Described {
  recognizes(value: JsonObject): boolean
  read(value: JsonObject, context: ReadingContext): Reading
}

export type JsonObject = Readonly<Record<string, unknown>>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export const isUuid = (text: unknown): text is string => typeof text === 'string' && UUID.test(text)

/** A UUID that follows from what it is made of (RFC 9562, version 8), so that the same trace is imported once. */
export const uuidOf = (...parts: readonly unknown[]): string => {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
