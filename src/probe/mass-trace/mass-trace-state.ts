/** What a mass trace that is not done is gone on from: cloneable, and one array of bytes for a results file. */

import type { InterfaceSet } from './interface-set.ts'
import type { MassTraceCounts } from './mass-trace-counts.ts'
import type { ScheduleState } from './schedule.ts'

export interface MassTraceState {
  counts: MassTraceCounts
  schedule: ScheduleState
  answered: ScheduleState['columns']
  interfaces: ReturnType<InterfaceSet['entries']>
}

type Columns = Record<string, Uint8Array | Uint32Array>

interface Part {
  name: string
  length: number
  wide: boolean
}

const LENGTH_BYTES = 4

const columnsOf = ({ schedule, answered, interfaces }: MassTraceState): Columns => ({
  ...Object.fromEntries(Object.entries(schedule.columns).map(([name, column]) => [`schedule.${name}`, column])),
  ...Object.fromEntries(Object.entries(answered).map(([name, column]) => [`answered.${name}`, column])),
  'interfaces.addresses': interfaces.addresses,
  'interfaces.paths': interfaces.paths,
})

/** Little endian: the length of a JSON header, the header, the columns that it names one after the other. */
export const packState = (state: MassTraceState): Uint8Array => {
  const columns = Object.entries(columnsOf(state))
  const parts: Part[] = columns.map(([name, column]) => ({
    name,
    length: column.length,
    wide: column instanceof Uint32Array,
  }))
  const header = new TextEncoder().encode(
    JSON.stringify({ counts: state.counts, numbers: state.schedule.numbers, parts }),
  )
  const size = columns.reduce((sum, [, column]) => sum + column.byteLength, LENGTH_BYTES + header.length)
  const bytes = new Uint8Array(size)
  new DataView(bytes.buffer).setUint32(0, header.length, true)
  bytes.set(header, LENGTH_BYTES)
  let at = LENGTH_BYTES + header.length
  for (const [, column] of columns) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at)
    at += column.byteLength
  }
  return bytes
}

const readParts = (bytes: Uint8Array, parts: readonly Part[], from: number): Columns | null => {
  const columns: Columns = {}
  let at = from
  for (const { name, length, wide } of parts) {
    const size = length * (wide ? 4 : 1)
    if (!Number.isInteger(length) || length < 0 || at + size > bytes.length) return null
    // A copy even of a Buffer, whose slices share its memory and begin at any byte.
    const copy = new Uint8Array(bytes.subarray(at, at + size))
    columns[name] = wide ? new Uint32Array(copy.buffer) : copy
    at += size
  }
  return columns
}

const under = (columns: Columns, prefix: string): Columns =>
  Object.fromEntries(
    Object.entries(columns).flatMap(([name, column]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), column]] : [],
    ),
  )

/** The state of these bytes for so many targets, or null when they are none. */
export const unpackState = (bytes: Uint8Array, targetCount: number): MassTraceState | null => {
  if (bytes.length < LENGTH_BYTES) return null
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  if (LENGTH_BYTES + headerBytes > bytes.length) return null
  let header: { counts: MassTraceCounts; numbers: Record<string, number>; parts: Part[] }
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes)))
  } catch {
    // Not ours, or cut short: the caller is told, and says what to do.
    return null
  }
  const columns = readParts(bytes, header.parts, LENGTH_BYTES + headerBytes)
  if (columns === null) return null
  const addresses = columns['interfaces.addresses']
  const paths = columns['interfaces.paths']
  const [schedule, answered] = [under(columns, 'schedule.'), under(columns, 'answered.')]
  const perTarget = [...Object.values(schedule), ...Object.values(answered)]
  if (perTarget.some((column) => column.length !== targetCount)) return null
  if (!(addresses instanceof Uint32Array) || !(paths instanceof Uint8Array)) return null
  const { counts, numbers } = header
  return { counts, schedule: { numbers, columns: schedule }, answered, interfaces: { addresses, paths } }
}
