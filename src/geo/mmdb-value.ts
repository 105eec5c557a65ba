/**
 * Values of a MaxMind DB data section ("MaxMind DB File Format Specification" 2.0, section "Data Section"). A value
 * opens with a control byte: type in the upper three bits (0 = the next byte holds type − 7), size in the lower five
 * (29, 30 and 31 = one, two or three further size bytes). Maps and arrays hold `size` entries; a pointer refers to
 * another value of the same section and never to another pointer.
 *
 * The bytes come from a file that may be damaged or made to do harm, so every read is bounded: by the section, by depth, and
 * by the values and the bytes of text in one record. Pointers let few bytes stand for many values, so what was read is
 * counted: whoever reads many records can tell when they come to more than the file could mean.
 */

export type MmdbValue = string | number | bigint | boolean | Uint8Array | MmdbValue[] | MmdbMap
export interface MmdbMap extends ReadonlyMap<string, MmdbValue> {}

const TYPE_EXTENDED = 0
const TYPE_POINTER = 1
const TYPE_STRING = 2
const TYPE_DOUBLE = 3
const TYPE_BYTES = 4
const TYPE_UINT16 = 5
const TYPE_UINT32 = 6
const TYPE_MAP = 7
const TYPE_INT32 = 8
const TYPE_UINT64 = 9
const TYPE_UINT128 = 10
const TYPE_ARRAY = 11
const TYPE_BOOLEAN = 14
const TYPE_FLOAT = 15

const DEPTH_MAX = 16
/** The fullest records of known databases have some two hundred values. */
const VALUES_MAX = 4096
const TEXT_BYTES_MAX = 2 ** 20
/** Reading so many bytes of text takes about as long as a value. */
const TEXT_BYTES_OF_A_VALUE = 64
const POINTER_BASE = [0, 2048, 526_336, 0] as const

/** Why a value could not be read; `geo/mmdb.ts` turns it into a coded error that names the file. */
export class MalformedValue extends Error {
  override readonly name = 'MalformedValue'
}

/** The bytes of a data section: `start` is where its offsets count from, `end` is one past its last byte. */
export interface DataSection {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

interface Cursor {
  /** Position in the file. */
  at: number
  valuesLeft: number
  textBytesLeft: number
}

const need = (section: DataSection, cursor: Cursor, length: number): number => {
  const from = cursor.at
  if (length > section.end - from) throw new MalformedValue(`a value at byte ${from} runs past the end of the data`)
  cursor.at = from + length
  return from
}

const readUnsigned = (section: DataSection, cursor: Cursor, length: number): number => {
  let value = 0
  for (let i = need(section, cursor, length), end = i + length; i < end; i += 1) value = value * 256 + section.bytes[i]!
  return value
}

const readBig = (section: DataSection, cursor: Cursor, length: number): bigint => {
  let value = 0n
  for (let i = need(section, cursor, length), end = i + length; i < end; i += 1) {
    value = (value << 8n) | BigInt(section.bytes[i]!)
  }
  return value
}

const readPointer = (section: DataSection, cursor: Cursor, control: number): number => {
  const sizeClass = (control >> 3) & 3
  const upper = sizeClass === 3 ? 0 : control & 7
  const lower = readUnsigned(section, cursor, sizeClass + 1)
  return upper * 256 ** (sizeClass + 1) + lower + POINTER_BASE[sizeClass]!
}

const readSize = (section: DataSection, cursor: Cursor, control: number): number => {
  const size = control & 31
  if (size < 29) return size
  if (size === 29) return 29 + readUnsigned(section, cursor, 1)
  if (size === 30) return 285 + readUnsigned(section, cursor, 2)
  return 65_821 + readUnsigned(section, cursor, 3)
}

const needText = (section: DataSection, cursor: Cursor, length: number): number => {
  const from = need(section, cursor, length)
  cursor.textBytesLeft -= length
  if (cursor.textBytesLeft < 0) throw new MalformedValue(`a record with more than ${TEXT_BYTES_MAX} bytes of text`)
  return from
}

const sized = (what: string, size: number, most: number): number => {
  if (size > most) throw new MalformedValue(`${what} of ${size} bytes`)
  return size
}

const readMap = (section: DataSection, cursor: Cursor, size: number, depth: number): MmdbMap => {
  const map = new Map<string, MmdbValue>()
  for (let i = 0; i < size; i += 1) {
    const key = readValue(section, cursor, depth + 1)
    if (typeof key !== 'string') throw new MalformedValue('a map key that is not text')
    map.set(key, readValue(section, cursor, depth + 1))
  }
  return map
}

const readArray = (section: DataSection, cursor: Cursor, size: number, depth: number): MmdbValue[] => {
  const values: MmdbValue[] = []
  for (let i = 0; i < size; i += 1) values.push(readValue(section, cursor, depth + 1))
  return values
}

const readSized = (section: DataSection, cursor: Cursor, type: number, size: number, depth: number): MmdbValue => {
  switch (type) {
    case TYPE_STRING: {
      const from = needText(section, cursor, size)
      return section.bytes.toString('utf8', from, from + size)
    }
    case TYPE_DOUBLE:
      return section.bytes.readDoubleBE(need(section, cursor, size === 8 ? 8 : Number.POSITIVE_INFINITY))
    case TYPE_FLOAT:
      return section.bytes.readFloatBE(need(section, cursor, size === 4 ? 4 : Number.POSITIVE_INFINITY))
    case TYPE_BYTES: {
      const from = needText(section, cursor, size)
      return section.bytes.subarray(from, from + size)
    }
    case TYPE_UINT16:
      return readUnsigned(section, cursor, sized('a uint16', size, 2))
    case TYPE_UINT32:
      return readUnsigned(section, cursor, sized('a uint32', size, 4))
    case TYPE_INT32:
      return readUnsigned(section, cursor, sized('an int32', size, 4)) | 0
    case TYPE_UINT64:
      return readBig(section, cursor, sized('a uint64', size, 8))
    case TYPE_UINT128:
      return readBig(section, cursor, sized('a uint128', size, 16))
    case TYPE_BOOLEAN:
      return size !== 0
    case TYPE_MAP:
      return readMap(section, cursor, size, depth)
    case TYPE_ARRAY:
      return readArray(section, cursor, size, depth)
    default:
      throw new MalformedValue(`an unknown type ${type} before byte ${cursor.at}`)
  }
}

const readValue = (section: DataSection, cursor: Cursor, depth: number): MmdbValue => {
  cursor.valuesLeft -= 1
  if (depth > DEPTH_MAX || cursor.valuesLeft < 0) throw new MalformedValue('a value that does not end')
  const control = section.bytes[need(section, cursor, 1)]!
  let type = control >> 5
  if (type === TYPE_POINTER) {
    const target = section.start + readPointer(section, cursor, control)
    const after = cursor.at
    cursor.at = target
    if (target < section.end && section.bytes[target]! >> 5 === TYPE_POINTER) {
      throw new MalformedValue('a pointer to a pointer')
    }
    const value = readValue(section, cursor, depth + 1)
    cursor.at = after
    return value
  }
  if (type === TYPE_EXTENDED) type = 7 + section.bytes[need(section, cursor, 1)]!
  return readSized(section, cursor, type, readSize(section, cursor, control), depth)
}

/** How much was read so far. */
export interface ReadMeter {
  values: number
}

/**
 * The value at `offset` (counted from the section's start).
 * @param meter gets what the value cost.
 * @throws MalformedValue for bytes that are not a value, in bounded time.
 */
export const decodeValue = (section: DataSection, offset: number, meter?: ReadMeter): MmdbValue => {
  const at = section.start + offset
  if (!(offset >= 0 && at < section.end)) throw new MalformedValue(`an offset ${offset} outside the data`)
  const cursor = { at, valuesLeft: VALUES_MAX, textBytesLeft: TEXT_BYTES_MAX }
  try {
    return readValue(section, cursor, 0)
  } finally {
    if (meter !== undefined) {
      const textBytes = TEXT_BYTES_MAX - cursor.textBytesLeft
      meter.values += VALUES_MAX - cursor.valuesLeft + Math.ceil(textBytes / TEXT_BYTES_OF_A_VALUE)
    }
  }
}
