/**
 * An assembler for eBPF, the kernel's own machine: eleven 64-bit registers, instructions of eight bytes (two of them for a
 * 64-bit constant), jumps in both directions, written here with labels. Source: RFC 9669, "BPF Instruction Set
 * Architecture (ISA)", and the kernel's Documentation/bpf/standardization/instruction-set.rst.
 */

import { InterplotError } from '../core/errors.ts'

/** r0 takes results, r1 to r5 arguments (a call destroys all six), r6 to r9 last, r10 is the frame pointer. */
const REGISTERS = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10'] as const
export type Register = (typeof REGISTERS)[number]
/** A register, or a signed 32-bit constant. */
type Operand = Register | number

/** Instruction classes; those of memory with the mode for plain access. */
const CLASS = { load: 0x61, storeConstant: 0x62, storeRegister: 0x63, alu32: 0x04, alu64: 0x07, jump: 0x05 } as const
const FROM_REGISTER = 0x08
const LOAD_CONSTANT64 = 0x18
const TO_BIG_ENDIAN = 0xdc
const JUMP_ALWAYS = 0x05
const CALL = 0x85
const EXIT = 0x95
/** Atomic access to 64 bits of memory; the constant says which. */
const ATOMIC64 = 0xdb
const EXCHANGE = 0xe1
/** In the source field of a 64-bit constant: the constant stands for an address inside a map's only value. */
const MAP_VALUE = 2

/** The width bits of a load or store. */
const WIDTH = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 } as const
type Width = keyof typeof WIDTH

const ALU = {
  add: 0x00,
  subtract: 0x10,
  multiply: 0x20,
  divide: 0x30,
  or: 0x40,
  and: 0x50,
  shiftLeft: 0x60,
  shiftRight: 0x70,
  modulo: 0x90,
  xor: 0xa0,
  move: 0xb0,
} as const
type AluOperation = keyof typeof ALU

/** Comparisons are of unsigned numbers, but for those that say signed. */
const JUMP = {
  '==': 0x10,
  '>': 0x20,
  '>=': 0x30,
  '!=': 0x50,
  'signed >': 0x60,
  'signed >=': 0x70,
  '<': 0xa0,
  '<=': 0xb0,
} as const
type Comparison = keyof typeof JUMP

interface Line {
  code: number
  destination: number
  source: number
  offset: number
  constant: number
  jumpTo?: string
}

export interface EbpfAssembler {
  /** destination = destination operation operand, in 64 bits. A constant is sign-extended. */
  alu64(operation: AluOperation, destination: Register, operand: Operand): void
  /** The same in 32 bits; the upper half of the destination becomes 0. */
  alu32(operation: AluOperation, destination: Register, operand: Operand): void
  /** destination's lower 16 or 32 bits in network order, the rest 0 (on a little-endian machine). */
  toBigEndian(destination: Register, bits: 16 | 32): void
  load(width: Width, destination: Register, base: Register, offset: number): void
  store(width: Width, base: Register, offset: number, value: Operand): void
  /** Swaps 64 bits of memory with a register, behind all that was stored before (Linux 5.12). */
  exchange(base: Register, offset: number, register: Register): void
  constant64(destination: Register, value: bigint): void
  /** destination = address of byte `offset` of the only value of the program's map. */
  mapValue(destination: Register, offset: number): void
  /** Jumps when `left comparison right` holds, in 64 bits. */
  jump(left: Register, comparison: Comparison, right: Operand, label: string): void
  goTo(label: string): void
  /** Calls a kernel function by its number in enum bpf_func_id. */
  call(helper: number): void
  exit(): void
  /** Names the next instruction. */
  label(name: string): void
  /**
   * The program's bytes, little endian. @param mapFd what mapValue refers to.
   * @throws InterplotError ERR_INTERNAL for a label that is missing or too far, or a constant that does not fit.
   */
  assemble(mapFd: number): Uint8Array
}

export const INSTRUCTION_BYTES = 8

const misuse = (what: string): InterplotError => new InterplotError('ERR_INTERNAL', `the eBPF program ${what}`)

/** -2^31 … 2^32-1: what 32 bits can hold, read either way. */
const constant32 = (value: number): number => {
  if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 32) throw misuse(`has a constant of ${value}`)
  return value | 0
}

/** A 64-bit operation sign-extends its constant: one above 2^31-1 would not be what was written. */
const constantFor64 = (value: number): number => {
  if (value >= 2 ** 31) throw misuse(`uses ${value} as a 64-bit operand`)
  return constant32(value)
}

const encode = (lines: readonly Line[], labels: ReadonlyMap<string, number>, mapFd: number): Uint8Array => {
  const view = new DataView(new ArrayBuffer(lines.length * INSTRUCTION_BYTES))
  for (const [index, line] of lines.entries()) {
    let { offset } = line
    if (line.jumpTo !== undefined) {
      const target = labels.get(line.jumpTo)
      if (target === undefined) throw misuse(`has no label "${line.jumpTo}"`)
      offset = target - index - 1
    }
    if (offset < -0x8000 || offset > 0x7fff) throw misuse(`cannot reach offset ${offset}`)
    const at = index * INSTRUCTION_BYTES
    const isMap = line.code === LOAD_CONSTANT64 && line.source === MAP_VALUE
    view.setUint8(at, line.code)
    view.setUint8(at + 1, line.destination | (line.source << 4))
    view.setInt16(at + 2, offset, true)
    view.setInt32(at + 4, isMap ? mapFd : line.constant, true)
  }
  return new Uint8Array(view.buffer)
}

const numberOf = (register: Register): number => REGISTERS.indexOf(register)

export const ebpfAssembler = (): EbpfAssembler => {
  const lines: Line[] = []
  const labels = new Map<string, number>()
  const emit = (code: number, rest: Partial<Line> = {}): void =>
    void lines.push({ code, destination: 0, source: 0, offset: 0, constant: 0, ...rest })
  const operate = (
    code: number,
    destination: Register,
    operand: Operand,
    constantOf: (value: number) => number,
    rest: Partial<Line> = {},
  ): void =>
    typeof operand === 'number'
      ? emit(code, { destination: numberOf(destination), constant: constantOf(operand), ...rest })
      : emit(code | FROM_REGISTER, { destination: numberOf(destination), source: numberOf(operand), ...rest })
  /** Two instructions: the lower half of the value, then the upper. */
  const wide = (destination: Register, source: number, low: number, high: number): void => {
    emit(LOAD_CONSTANT64, { destination: numberOf(destination), source, constant: low })
    emit(0, { constant: high })
  }
  return {
    alu64: (operation, destination, operand) =>
      operate(CLASS.alu64 | ALU[operation], destination, operand, constantFor64),
    alu32: (operation, destination, operand) => operate(CLASS.alu32 | ALU[operation], destination, operand, constant32),
    toBigEndian: (destination, bits) => emit(TO_BIG_ENDIAN, { destination: numberOf(destination), constant: bits }),
    load: (width, destination, base, offset) =>
      emit(CLASS.load | WIDTH[width], { destination: numberOf(destination), source: numberOf(base), offset }),
    store: (width, base, offset, value) =>
      typeof value === 'number'
        ? emit(CLASS.storeConstant | WIDTH[width], {
            destination: numberOf(base),
            offset,
            constant: constant32(value),
          })
        : emit(CLASS.storeRegister | WIDTH[width], { destination: numberOf(base), source: numberOf(value), offset }),
    exchange: (base, offset, register) =>
      emit(ATOMIC64, { destination: numberOf(base), source: numberOf(register), offset, constant: EXCHANGE }),
    constant64: (destination, value) =>
      wide(destination, 0, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))),
    mapValue: (destination, offset) => wide(destination, MAP_VALUE, 0, offset),
    jump: (left, comparison, right, label) =>
      operate(CLASS.jump | JUMP[comparison], left, right, constantFor64, { jumpTo: label }),
    goTo: (label) => emit(JUMP_ALWAYS, { jumpTo: label }),
    call: (helper) => emit(CALL, { constant: helper }),
    exit: () => emit(EXIT),
    label: (name) => void labels.set(name, lines.length),
    assemble: (mapFd) => encode(lines, labels, mapFd),
  }
}
