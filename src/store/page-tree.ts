/**
 * The b-trees that a table lies in, and the integers of their records ("Database File Format", sqlite.org/fileformat2.html,
 * sections 1.6 and 2.1). What does not look as it should is UnfitPages.
 */

import { type PageFile, UnfitPages } from './page-file.ts'

const INNER_TABLE = 5
const INNER_INDEX = 2
const LEAF_TABLE = 13
const LEAF_INDEX = 10
const INNER_HEADER_BYTES = 12
const LEAF_HEADER_BYTES = 8
const OFFSET_CELL_COUNT = 3
const OFFSET_LAST_CHILD = 8
const CHILD_BYTES = 4
/** Every page of a tree of this depth would hold one row. */
const MAX_DEPTH = 20

const uint16At = (bytes: Uint8Array, at: number): number => bytes[at]! * 256 + bytes[at + 1]!
const uint32At = (bytes: Uint8Array, at: number): number => uint16At(bytes, at) * 65_536 + uint16At(bytes, at + 2)

/** Bytes of a variable-length integer. */
export const varintLength = (bytes: Uint8Array, at: number): number => {
  let length = 1
  while (length < 9 && bytes[at + length - 1]! >= 128) length += 1
  return length
}

/** Bytes of the integers by their serial type; 7 is a float, which no column of ours holds. */
const INTEGER_BYTES = Uint8Array.of(0, 1, 2, 3, 4, 6, 8, 8, 0, 0)
const FLOAT_TYPE = 7
const FIRST_BYTES_TYPE = 12

/** True for an integer; NULL is none. */
export const isInteger = (type: number): boolean => type >= 1 && type <= 9 && type !== FLOAT_TYPE

/** Bytes that a value of this serial type takes; the type itself has to be of one byte. */
export const valueLength = (type: number): number => {
  if (type <= 9) return INTEGER_BYTES[type]!
  if (type >= FIRST_BYTES_TYPE && type < 128) return (type - FIRST_BYTES_TYPE) >> 1
  throw new UnfitPages(`a value of type ${type}`)
}

/** Exact up to 2^53. */
export const integerAt = (bytes: Uint8Array, at: number, type: number): number => {
  switch (type) {
    case 1:
      return (bytes[at]! << 24) >> 24
    case 2:
      return ((bytes[at]! << 24) >> 16) | bytes[at + 1]!
    case 3:
      return ((bytes[at]! << 24) >> 8) | (bytes[at + 1]! << 8) | bytes[at + 2]!
    case 4:
      return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
    case 5:
      return (((bytes[at]! << 24) >> 16) | bytes[at + 1]!) * 2 ** 32 + uint32At(bytes, at + 2)
    case 6:
      return (uint32At(bytes, at) | 0) * 2 ** 32 + uint32At(bytes, at + 4)
    case 8:
      return 0
    case 9:
      return 1
    default:
      throw new UnfitPages(`no integer but a value of type ${type}`)
  }
}

/** Called with where a cell begins (in an inner page after the child) and where its page ends. */
export type CellVisitor = (bytes: Uint8Array, at: number, end: number) => void

const visitLeaf = (file: PageFile, number: number, visit: CellVisitor): void => {
  const { bytes, pageBytes } = file
  const start = file.page(number)
  const end = start + pageBytes
  const count = uint16At(bytes, start + OFFSET_CELL_COUNT)
  const first = start + LEAF_HEADER_BYTES
  if (first + count * 2 > end) throw new UnfitPages(`page ${number} has ${count} cells`)
  for (let at = first; at < first + count * 2; at += 2) {
    const cell = start + uint16At(bytes, at)
    if (cell < first || cell >= end) throw new UnfitPages(`a cell outside of page ${number}`)
    visit(bytes, cell, end)
  }
}

const visitPage = (file: PageFile, number: number, depth: number, visit: CellVisitor): void => {
  const type = file.bytes[file.page(number)]
  if (type === LEAF_TABLE || type === LEAF_INDEX) {
    visitLeaf(file, number, visit)
    return
  }
  if ((type !== INNER_TABLE && type !== INNER_INDEX) || depth > MAX_DEPTH) {
    throw new UnfitPages(`page ${number} is of type ${type}`)
  }
  const page = file.copy(number)
  const count = uint16At(page, OFFSET_CELL_COUNT)
  for (let i = 0; i < count; i += 1) {
    const cell = uint16At(page, INNER_HEADER_BYTES + i * 2)
    if (cell + CHILD_BYTES >= page.length) throw new UnfitPages(`a cell outside of page ${number}`)
    visitPage(file, uint32At(page, cell), depth + 1, visit)
    // The inner pages of an index hold rows, too, in their place between the children.
    if (type === INNER_INDEX) visit(page, cell + CHILD_BYTES, page.length)
  }
  visitPage(file, uint32At(page, OFFSET_LAST_CHILD), depth + 1, visit)
}

/** Every row of the tree, in order of its key. */
export const visitCells = (file: PageFile, root: number, visit: CellVisitor): void => visitPage(file, root, 0, visit)
