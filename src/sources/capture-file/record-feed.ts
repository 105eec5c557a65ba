/**
 * Records out of chunks of any size. A record that lies in one chunk is read where it lies; only one that a border cuts is put together, in
 * memory that is used again.
 */

/** Reads records of one format. Whoever feeds it keeps to what it asks for. */
export interface RecordReader {
  /**
   * Reads the whole records in bytes[from … to-1]. @returns where it stopped: behind the last one. It stops before `to` only
   * when `neededBytes` says how much has to be there to go on, or when it is `damaged`.
   */
  read(bytes: Uint8Array, from: number, to: number): number
  /** From where the last read stopped; more than there was. */
  readonly neededBytes: number
  /** To be passed over unread, from where the last read stopped; whoever feeds counts it down. */
  skipBytes: number
  /** Why nothing behind this can be read. */
  readonly damage: string | null
}

export interface RecordFeed {
  /** Takes the next chunk; reads nothing any more once the reader found damage. */
  feed(chunk: Uint8Array): void
  /** Whether what came so far ends within a record. */
  endsWithin(): boolean
}

const FIRST_BYTES = 64 * 1024

export const recordFeed = (reader: RecordReader): RecordFeed => {
  let carry = new Uint8Array(FIRST_BYTES)
  let carried = 0
  /** Takes over what the record lacks, as far as the chunk has it. @returns how many bytes. */
  const carryOn = (chunk: Uint8Array, at: number): number => {
    if (reader.neededBytes > carry.length) {
      const larger = new Uint8Array(Math.max(reader.neededBytes, carry.length * 2))
      larger.set(carry.subarray(0, carried))
      carry = larger
    }
    const taken = Math.min(reader.neededBytes - carried, chunk.length - at)
    carry.set(chunk.subarray(at, at + taken), carried)
    carried += taken
    return taken
  }
  return {
    feed(chunk) {
      let at = 0
      while (at < chunk.length && reader.damage === null) {
        if (reader.skipBytes > 0) {
          const passed = Math.min(reader.skipBytes, chunk.length - at)
          reader.skipBytes -= passed
          at += passed
        } else if (carried > 0) {
          at += carryOn(chunk, at)
          // What is there is never more than what was asked for: a read takes all of it, or asks for more.
          if (carried === reader.neededBytes && reader.read(carry, 0, carried) > 0) carried = 0
        } else {
          at = reader.read(chunk, at, chunk.length)
          if (reader.skipBytes === 0 && at < chunk.length && reader.damage === null) at += carryOn(chunk, at)
        }
      }
    },
    endsWithin: () => carried > 0 || reader.skipBytes > 0,
  }
}
