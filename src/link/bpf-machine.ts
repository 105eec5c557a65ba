/**
 * Runs a classic BPF program over frames in this process, as the kernel does for a live capture: a load outside the frame, or a
 * division by zero, rejects it. Source: as bpf-assembler.ts; what a shift by 32 and more gives is libpcap's answer, 0.
 */

import { InterplotError } from '../core/errors.ts'
import { BPF, type BpfInstruction } from './bpf-assembler.ts'

/** How many bytes of the frame to keep; 0 rejects it. */
export type BpfMachine = (bytes: Uint8Array, offset: number, captured: number, wireBytes: number) => number

/** Loads at negative offsets: what the kernel knows of a packet beside its bytes; null where it knows nothing. */
export type AncillaryLoad = (operand: number, loadBytes: number) => number | null

/** Dense, so that the switch below is a table. */
const STEP = {
  word: 0,
  half: 1,
  byte: 2,
  wordIndexed: 3,
  halfIndexed: 4,
  byteIndexed: 5,
  headerLength: 6,
  value: 7,
  length: 8,
  scratch: 9,
  store: 10,
  toIndex: 11,
  jump: 12,
  equal: 13,
  greater: 14,
  greaterOrEqual: 15,
  bitsSet: 16,
  equalIndex: 17,
  greaterIndex: 18,
  greaterOrEqualIndex: 19,
  bitsSetIndex: 20,
  finish: 21,
  arithmetic: 22,
  arithmeticIndex: 23,
  ancillary: 24,
} as const

const STEPS: ReadonlyMap<number, number> = new Map<number, number>([
  [BPF.loadWord, STEP.word],
  [BPF.loadHalf, STEP.half],
  [BPF.loadByte, STEP.byte],
  [BPF.loadWordIndexed, STEP.wordIndexed],
  [BPF.loadHalfIndexed, STEP.halfIndexed],
  [BPF.loadByteIndexed, STEP.byteIndexed],
  [BPF.loadIndexHeaderLength, STEP.headerLength],
  [BPF.loadValue, STEP.value],
  [BPF.loadLength, STEP.length],
  [BPF.loadScratch, STEP.scratch],
  [BPF.store, STEP.store],
  [BPF.toIndex, STEP.toIndex],
  [BPF.jump, STEP.jump],
  [BPF.jumpEqual, STEP.equal],
  [BPF.jumpGreater, STEP.greater],
  [BPF.jumpGreaterOrEqual, STEP.greaterOrEqual],
  [BPF.jumpBitsSet, STEP.bitsSet],
  [BPF.jumpEqual | BPF.byIndex, STEP.equalIndex],
  [BPF.jumpGreater | BPF.byIndex, STEP.greaterIndex],
  [BPF.jumpGreaterOrEqual | BPF.byIndex, STEP.greaterOrEqualIndex],
  [BPF.jumpBitsSet | BPF.byIndex, STEP.bitsSetIndex],
  [BPF.return, STEP.finish],
])

const LOAD_BYTES: ReadonlyMap<number, number> = new Map<number, number>([
  [STEP.word, 4],
  [STEP.half, 2],
  [STEP.byte, 1],
])

const ARITHMETIC: ReadonlySet<number> = new Set<number>([
  BPF.add,
  BPF.subtract,
  BPF.multiply,
  BPF.divide,
  BPF.or,
  BPF.and,
  BPF.shiftLeft,
  BPF.shiftRight,
  BPF.negate,
  BPF.remainder,
  BPF.exclusiveOr,
])

/** Numbers of 32 bits, signed as they come; null for a division by zero. */
const calculate = (code: number, a: number, by: number): number | null => {
  if (code === BPF.add) return (a + by) | 0
  if (code === BPF.subtract) return (a - by) | 0
  if (code === BPF.multiply) return Math.imul(a, by)
  if (code === BPF.and) return a & by
  if (code === BPF.or) return a | by
  if (code === BPF.exclusiveOr) return a ^ by
  if (code === BPF.shiftLeft) return by >>> 0 > 31 ? 0 : a << by
  if (code === BPF.shiftRight) return by >>> 0 > 31 ? 0 : (a >>> by) | 0
  if (code === BPF.negate) return -a | 0
  if (by === 0) return null
  return code === BPF.divide ? ((a >>> 0) / (by >>> 0)) | 0 : ((a >>> 0) % (by >>> 0)) | 0
}

const SCRATCH_WORDS = 16

interface Tables {
  steps: Uint8Array
  operands: Int32Array
  onTrue: Int32Array
  onFalse: Int32Array
  /** The bytes of an ancillary load, or the operation of arithmetic. */
  details: Uint8Array
}

const refuse = (message: string): InterplotError =>
  new InterplotError('ERR_INTERNAL', `a filter program ${message}`, { advice: 'Please report the filter.' })

const tablesOf = (program: readonly BpfInstruction[]): Tables => {
  const size = program.length
  const tables: Tables = {
    steps: new Uint8Array(size),
    operands: new Int32Array(size),
    onTrue: new Int32Array(size),
    onFalse: new Int32Array(size),
    details: new Uint8Array(size),
  }
  for (const [index, { code, jumpTrue, jumpFalse, operand }] of program.entries()) {
    const isArithmetic = ARITHMETIC.has(code & ~BPF.byIndex)
    const step = STEPS.get(code)
    if (step === undefined && !isArithmetic) throw refuse(`has the unknown operation ${code}`)
    const loadBytes = step === undefined ? undefined : LOAD_BYTES.get(step)
    const isAncillary = loadBytes !== undefined && operand > 0x7fff_ffff
    if (isAncillary) tables.steps[index] = STEP.ancillary
    else tables.steps[index] = step ?? ((code & BPF.byIndex) === 0 ? STEP.arithmetic : STEP.arithmeticIndex)
    tables.details[index] = isAncillary ? loadBytes : code & ~BPF.byIndex
    tables.operands[index] = operand | 0
    tables.onTrue[index] = index + 1 + (code === BPF.jump ? operand : jumpTrue)
    tables.onFalse[index] = index + 1 + jumpFalse
    const usesScratch = step === STEP.scratch || step === STEP.store
    if (usesScratch && operand >= SCRATCH_WORDS) throw refuse('has no such scratch word')
    if (Math.max(tables.onTrue[index]!, tables.onFalse[index]!) > size) throw refuse('jumps behind its end')
  }
  // Jumps go forward and the last instruction ends it: so does every run.
  if (program.at(-1)?.code !== BPF.return) throw refuse('does not end with a verdict')
  return tables
}

/** @throws InterplotError ERR_INTERNAL for what is no valid program. */
export const bpfMachine = (program: readonly BpfInstruction[], ancillary: AncillaryLoad = () => null): BpfMachine => {
  const { steps, operands, onTrue, onFalse, details } = tablesOf(program)
  const scratch = new Int32Array(SCRATCH_WORDS)
  return (bytes, offset, captured, wireBytes) => {
    let a = 0
    let x = 0
    let at = 0
    for (;;) {
      const k = operands[at]!
      switch (steps[at]) {
        case STEP.word:
        case STEP.wordIndexed: {
          const from = steps[at] === STEP.word ? k : (x + k) >>> 0
          if (from > captured - 4) return 0
          const p = offset + from
          a = (bytes[p]! << 24) | (bytes[p + 1]! << 16) | (bytes[p + 2]! << 8) | bytes[p + 3]!
          break
        }
        case STEP.half:
          if (k > captured - 2) return 0
          a = (bytes[offset + k]! << 8) | bytes[offset + k + 1]!
          break
        case STEP.halfIndexed: {
          const from = (x + k) >>> 0
          if (from > captured - 2) return 0
          a = (bytes[offset + from]! << 8) | bytes[offset + from + 1]!
          break
        }
        case STEP.byte:
          if (k >= captured) return 0
          a = bytes[offset + k]!
          break
        case STEP.byteIndexed: {
          const from = (x + k) >>> 0
          if (from >= captured) return 0
          a = bytes[offset + from]!
          break
        }
        case STEP.headerLength:
          if (k >>> 0 >= captured) return 0
          x = (bytes[offset + k]! & 15) << 2
          break
        case STEP.value:
          a = k
          break
        case STEP.length:
          a = wireBytes | 0
          break
        case STEP.scratch:
          a = scratch[k]!
          break
        case STEP.store:
          scratch[k] = a
          break
        case STEP.toIndex:
          x = a
          break
        case STEP.jump:
          at = onTrue[at]!
          continue
        case STEP.equal:
          at = a === k ? onTrue[at]! : onFalse[at]!
          continue
        case STEP.greater:
          at = a >>> 0 > k >>> 0 ? onTrue[at]! : onFalse[at]!
          continue
        case STEP.greaterOrEqual:
          at = a >>> 0 >= k >>> 0 ? onTrue[at]! : onFalse[at]!
          continue
        case STEP.bitsSet:
          at = (a & k) !== 0 ? onTrue[at]! : onFalse[at]!
          continue
        case STEP.equalIndex:
          at = a === x ? onTrue[at]! : onFalse[at]!
          continue
        case STEP.greaterIndex:
          at = a >>> 0 > x >>> 0 ? onTrue[at]! : onFalse[at]!
          continue
        case STEP.greaterOrEqualIndex:
          at = a >>> 0 >= x >>> 0 ? onTrue[at]! : onFalse[at]!
          continue
        case STEP.bitsSetIndex:
          at = (a & x) !== 0 ? onTrue[at]! : onFalse[at]!
          continue
        case STEP.finish:
          return k >>> 0
        case STEP.ancillary: {
          const value = ancillary(k, details[at]!)
          if (value === null) return 0
          a = value | 0
          break
        }
        default: {
          const value = calculate(details[at]!, a, steps[at] === STEP.arithmetic ? k : x)
          if (value === null) return 0
          a = value
        }
      }
      at += 1
    }
  }
}
