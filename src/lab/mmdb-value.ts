/**
 * Values of the MaxMind DB data section, format 2.0 (https://maxmind.github.io/MaxMind-DB/). A field begins with a control
 * byte: type in the upper three bits (0: the type is in the next byte, less 7), size in the lower five (29, 30 and 31:
 * the size goes on in one, two or three bytes). Whatever occurs again is written as a pointer to where it stands.
 */

export type MmdbValue =
  | string
  | number
  | bigint
  | boolean
  | MmdbDouble
  | readonly MmdbValue[]
  | { readonly [key: string]: MmdbValue }

/** A number that is a double even when it happens to be whole, as strict readers expect of coordinates. */
export class MmdbDouble {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
}

const TYPE = {
  pointer: 1,
  string: 2,
  double: 3,
  uint16: 5,
  uint32: 6,
  map: 7,
  int32: 8,
  uint64: 9,
  array: 11,
  boolean: 14,
} as const

const FIRST_EXTENDED_TYPE = 8
/** Sizes up to here fit in the control byte; larger ones take one, two or three bytes more. */
const SIZE_LIMITS = [29, 285, 65_821] as const
/** Pointers of 11, 19 and 27 bits count from here; larger ones take 32 bits. */
const POINTER_BASES = [0, 2048, 526_336] as const
const POINTER_LIMITS = [2048, 526_336, 134_744_064] as const
/** A pointer to anything shorter saves nothing. */
const MIN_SHARED_BYTES = 4

const bigEndian = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => Math.floor(value / 256 ** (count - 1 - index)) % 256)

const controlBytes = (type: number, size: number): number[] => {
  const extra = SIZE_LIMITS.findLastIndex((limit) => size >= limit) + 1
  const sizeBits = extra === 0 ? size : 28 + extra
  const sizeBytes = extra === 0 ? [] : bigEndian(size - SIZE_LIMITS[extra - 1]!, extra)
  return type < FIRST_EXTENDED_TYPE ? [(type << 5) | sizeBits, ...sizeBytes] : [sizeBits, type - 7, ...sizeBytes]
}

const pointerBytes = (target: number): number[] => {
  const extra = POINTER_LIMITS.findIndex((limit) => target < limit)
  if (extra < 0) return [(TYPE.pointer << 5) | (3 << 3), ...bigEndian(target, 4)]
  const value = target - POINTER_BASES[extra]!
  const high = Math.floor(value / 256 ** (extra + 1))
  return [(TYPE.pointer << 5) | (extra << 3) | high, ...bigEndian(value, extra + 1)]
}

/** Whole numbers are written without leading zeros; zero has no bytes at all. */
const unsignedBytes = (value: number | bigint): number[] => {
  const bytes: number[] = []
  for (let rest = BigInt(value); rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 255n))
  return bytes
}

const doubleBytes = (value: number): number[] => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return [...controlBytes(TYPE.double, 8), ...bytes]
}

const numberBytes = (value: number): number[] => {
  if (!Number.isInteger(value) || value >= 2 ** 32 || value < -(2 ** 31)) return doubleBytes(value)
  if (value < 0) return [...controlBytes(TYPE.int32, 4), ...bigEndian(value >>> 0, 4)]
  const bytes = unsignedBytes(value)
  return [...controlBytes(value < 2 ** 16 ? TYPE.uint16 : TYPE.uint32, bytes.length), ...bytes]
}

const scalarBytes = (value: string | number | bigint | boolean | MmdbDouble): number[] => {
  if (typeof value === 'number') return numberBytes(value)
  if (typeof value === 'boolean') return controlBytes(TYPE.boolean, value ? 1 : 0)
  if (value instanceof MmdbDouble) return doubleBytes(value.value)
  if (typeof value === 'string') {
    const text = Buffer.from(value, 'utf8')
    return [...controlBytes(TYPE.string, text.length), ...text]
  }
  const bytes = unsignedBytes(value)
  return [...controlBytes(TYPE.uint64, bytes.length), ...bytes]
}

const isArray = (value: MmdbValue): value is readonly MmdbValue[] => Array.isArray(value)

/** A text that is equal for equal values and for no others. */
const identity = (value: MmdbValue): string =>
  JSON.stringify(value, (_key, each) => {
    if (each instanceof MmdbDouble) return { double: String(each.value) }
    return typeof each === 'bigint' ? { uint64: String(each) } : each
  })

export interface MmdbEncoder {
  /** Writes the value unless it is there already. @returns where it stands, from the start of the section. */
  add(value: MmdbValue): number
  bytes(): Buffer
}

/** A data section that grows. */
export const makeMmdbEncoder = (): MmdbEncoder => {
  const data: number[] = []
  const known = new Map<string, number>()

  const append = (bytes: readonly number[]): void => {
    for (const byte of bytes) data.push(byte)
  }

  /** Children of containers: a pointer where that is shorter. */
  const writeChild = (value: MmdbValue): void => {
    const seen = known.get(identity(value))
    if (seen === undefined) write(value)
    else append(pointerBytes(seen))
  }

  const write = (value: MmdbValue): void => {
    const start = data.length
    if (typeof value !== 'object' || value instanceof MmdbDouble) append(scalarBytes(value))
    else if (isArray(value)) {
      append(controlBytes(TYPE.array, value.length))
      for (const each of value) writeChild(each)
    } else {
      const entries = Object.entries(value)
      append(controlBytes(TYPE.map, entries.length))
      for (const [key, each] of entries) {
        writeChild(key)
        writeChild(each)
      }
    }
    if (data.length - start > MIN_SHARED_BYTES) known.set(identity(value), start)
  }

  return {
    add(value) {
      const seen = known.get(identity(value))
      if (seen !== undefined) return seen
      const start = data.length
      write(value)
      return start
    },
    bytes: () => Buffer.from(data),
  }
}
