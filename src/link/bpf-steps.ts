/** Classic BPF programs as tables that a machine runs through; checked as the kernel checks them before it takes one. */

import { InterplotError } from '../core/errors.ts'
import { BPF, type BpfInstruction } from './bpf-assembler.ts'

/** Dense, so that the switch below is a table. */
export const STEP = {
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

export const SCRATCH_WORDS = 16

export interface BpfSteps {
  steps: Uint8Array
  operands: Int32Array
  onTrue: Int32Array
  onFalse: Int32Array
  /** The bytes of an ancillary load, or the operation of arithmetic. */
  details: Uint8Array
}

const refuse = (message: string): InterplotError =>
  new InterplotError('ERR_INTERNAL', `a filter program ${message}`, { advice: 'Please report the filter.' })

/** @throws InterplotError ERR_INTERNAL for what is no valid program. */
export const bpfSteps = (program: readonly BpfInstruction[]): BpfSteps => {
  const size = program.length
  const tables: BpfSteps = {
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
