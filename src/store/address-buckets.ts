/**
 * A set of IPv4 addresses that come in any order, and are asked for in ascending order: by their first byte they go into
 * 256 buckets as they come, and a bucket becomes a map of bits (2 MiB, what a processor's cache holds) when its turn comes.
 * That is linear, needs four bytes for each address that is added, and no sorting.
 */

const BUCKETS = 256
const BUCKET_SHIFT = 24
const LOW_MASK = 2 ** BUCKET_SHIFT - 1
const FIRST_PIECE = 64
const MAX_PIECE = 16_384
/** Fewer are taken out of the bits one by one. */
const FEW = 4096

export class AddressBuckets {
  /** Pieces of each bucket; all but the last are full. */
  readonly #pieces: Uint32Array[][] = Array.from({ length: BUCKETS }, () => [])
  readonly #open: Uint32Array[] = new Array<Uint32Array>(BUCKETS).fill(new Uint32Array())
  readonly #used = new Uint32Array(BUCKETS)
  readonly #bits = new Uint32Array(2 ** (BUCKET_SHIFT - 5))
  /** Whose addresses are in the bits. */
  #current = -1
  #distinct = 0

  add(address: number): void {
    const bucket = address >>> BUCKET_SHIFT
    let used = this.#used[bucket]!
    let piece = this.#open[bucket]!
    if (used === piece.length) {
      piece = new Uint32Array(Math.min(MAX_PIECE, Math.max(FIRST_PIECE, piece.length * 4)))
      this.#pieces[bucket]!.push(piece)
      this.#open[bucket] = piece
      used = 0
    }
    piece[used] = address
    this.#used[bucket] = used + 1
  }

  /** Whether it was added. To be called in ascending order, after everything was added. */
  has(address: number): boolean {
    const bucket = address >>> BUCKET_SHIFT
    if (bucket !== this.#current) this.#advance(bucket)
    const low = address & LOW_MASK
    return (this.#bits[low >>> 5]! & (1 << (low & 31))) !== 0
  }

  /** How many distinct addresses were added; ends the asking. */
  finish(): number {
    this.#advance(BUCKETS)
    return this.#distinct
  }

  /** All of them once, ascending, instead of asking. */
  list(): Uint32Array {
    let added = 0
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) added += this.#size(bucket)
    const listed = new Uint32Array(added)
    let count = 0
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const values = this.#values(bucket).sort()
      this.#pieces[bucket] = []
      for (let i = 0; i < values.length; i += 1) {
        if (i > 0 && values[i] === values[i - 1]) continue
        listed[count] = values[i]!
        count += 1
      }
    }
    return listed.subarray(0, count)
  }

  #size(bucket: number): number {
    return this.#filled(bucket).reduce((sum, { length }) => sum + length, 0)
  }

  #values(bucket: number): Uint32Array {
    const values = new Uint32Array(this.#size(bucket))
    let at = 0
    for (const piece of this.#filled(bucket)) {
      values.set(piece, at)
      at += piece.length
    }
    return values
  }

  #filled(bucket: number): Uint32Array[] {
    const pieces = this.#pieces[bucket]!
    return pieces.map((piece, i) => (i === pieces.length - 1 ? piece.subarray(0, this.#used[bucket]) : piece))
  }

  /** Counts the buckets up to this one, and leaves it in the bits. */
  #advance(bucket: number): void {
    while (this.#current < bucket) {
      this.#drop()
      this.#current += 1
      if (this.#current < BUCKETS) for (const piece of this.#filled(this.#current)) this.#mark(piece)
    }
  }

  #mark(piece: Uint32Array): void {
    const bits = this.#bits
    let added = 0
    for (let i = 0; i < piece.length; i += 1) {
      const low = piece[i]! & LOW_MASK
      const word = bits[low >>> 5]!
      const bit = 1 << (low & 31)
      if ((word & bit) === 0) {
        bits[low >>> 5] = word | bit
        added += 1
      }
    }
    this.#distinct += added
  }

  /** Takes the current bucket out of the bits and gives its memory back. */
  #drop(): void {
    if (this.#current < 0) return
    if (this.#size(this.#current) > FEW) this.#bits.fill(0)
    else
      for (const piece of this.#filled(this.#current))
        for (const address of piece) this.#bits[(address & LOW_MASK) >>> 5] = 0
    this.#pieces[this.#current] = []
  }
}
