/**
 * An assembler for classic BPF, the language of kernel packet filters. A machine with an accumulator A and an index X;
 * jumps go forward only and are written here with labels. A conditional jump reaches 255 instructions; where that is too
 * little, an unconditional one behind it goes the rest of the way.
 * Source: S. McCanne, V. Jacobson, "The BSD Packet Filter" (1993); the kernel's Documentation/networking/filter.rst.
 */

import { InterplotError } from '../core/errors.ts'

export interface BpfInstruction {
  code: number
  jumpTrue: number
  jumpFalse: number
  operand: number
}

/** Operation codes: class | size or operation | addressing mode. */
export const BPF = {
  /** A = the word, halfword or byte at offset k of the packet. */
  loadWord: 0x20,
  loadHalf: 0x28,
  loadByte: 0x30,
  /** A = the halfword at offset X + k. */
  loadHalfIndexed: 0x48,
  loadWordIndexed: 0x40,
  loadByteIndexed: 0x50,
  /** A = k; the packet's length; scratch word k. */
  loadValue: 0x00,
  loadLength: 0x80,
  loadScratch: 0x60,
  /** Scratch word k = A. */
  store: 0x02,
  /** X = A. */
  toIndex: 0x07,
  add: 0x04,
  subtract: 0x14,
  multiply: 0x24,
  divide: 0x34,
  or: 0x44,
  and: 0x54,
  shiftLeft: 0x64,
  shiftRight: 0x74,
  negate: 0x84,
  remainder: 0x94,
  exclusiveOr: 0xa4,
  /** With an arithmetic operation or a comparison: by X, not by k. */
  byIndex: 0x08,
  /** To k instructions behind the next one. */
  jump: 0x05,
  /** X = 4 × the low four bits of the byte at k: an IPv4 header's length. */
  loadIndexHeaderLength: 0xb1,
  jumpEqual: 0x15,
  jumpGreater: 0x25,
  jumpGreaterOrEqual: 0x35,
  jumpBitsSet: 0x45,
  /** Keep k bytes of the packet; 0 drops it. */
  return: 0x06,
} as const

const MAX_JUMP = 255

type Line =
  | { kind: 'plain'; code: number; operand: number }
  | { kind: 'goto'; target: string }
  | { kind: 'jump'; code: number; operand: number; onTrue: string | null; onFalse: string | null; far: Far }

/** The sides of a conditional jump that take an unconditional one to reach their label. */
interface Far {
  onTrue: boolean
  onFalse: boolean
}

export interface BpfAssembler {
  /** Adds an instruction that falls through to the next one. */
  emit(code: number, operand: number): void
  /** Adds a conditional jump; null stands for the next instruction. */
  jump(code: number, operand: number, targets: { onTrue?: string; onFalse?: string }): void
  /** Adds an unconditional jump. */
  goto(target: string): void
  /** Names the next instruction. */
  label(name: string): void
  /** @throws InterplotError ERR_INTERNAL for a label that is missing or behind. */
  assemble(): BpfInstruction[]
}

const sizeOf = (line: Line): number =>
  line.kind === 'jump' ? 1 + Number(line.far.onTrue) + Number(line.far.onFalse) : 1

const plain = (code: number, operand: number): BpfInstruction => ({ code, jumpTrue: 0, jumpFalse: 0, operand })

/** Where lines and labels come to lie; the last one is the end. */
const placeLines = (lines: readonly Line[]): number[] => {
  const places = [0]
  for (const line of lines) places.push(places.at(-1)! + sizeOf(line))
  return places
}

export const bpfAssembler = (): BpfAssembler => {
  const lines: Line[] = []
  const labels = new Map<string, number>()
  const distance = (places: readonly number[], index: number, target: string | null): number => {
    const to = target === null ? index + 1 : labels.get(target)
    const steps = to === undefined || to <= index ? -1 : places[to]! - places[index]! - 1
    if (steps < 0) throw new InterplotError('ERR_INTERNAL', `the capture filter cannot jump to "${target}"`)
    return steps
  }
  /** Lengthens jumps until all reach; each longer one may put others out of reach. @returns where lines lie. */
  const reachAll = (): number[] => {
    for (;;) {
      const places = placeLines(lines)
      let lengthened = false
      for (const [index, line] of lines.entries()) {
        if (line.kind !== 'jump') continue
        for (const side of ['onTrue', 'onFalse'] as const) {
          if (line.far[side] || distance(places, index, line[side]) <= MAX_JUMP) continue
          line.far[side] = true
          lengthened = true
        }
      }
      if (!lengthened) return places
    }
  }
  const instructionsOf = (line: Line, index: number, places: readonly number[]): BpfInstruction[] => {
    if (line.kind === 'plain') return [plain(line.code, line.operand >>> 0)]
    if (line.kind === 'goto') return [plain(BPF.jump, distance(places, index, line.target))]
    const { code, operand, onTrue, onFalse, far } = line
    const [trueSteps, falseSteps] = [distance(places, index, onTrue), distance(places, index, onFalse)]
    const falseJump = far.onTrue ? 1 : 0
    return [
      {
        code,
        jumpTrue: far.onTrue ? 0 : trueSteps,
        jumpFalse: far.onFalse ? falseJump : falseSteps,
        operand: operand >>> 0,
      },
      ...(far.onTrue ? [plain(BPF.jump, trueSteps - 1)] : []),
      ...(far.onFalse ? [plain(BPF.jump, falseSteps - 1 - falseJump)] : []),
    ]
  }
  return {
    emit: (code, operand) => void lines.push({ kind: 'plain', code, operand }),
    goto: (target) => void lines.push({ kind: 'goto', target }),
    jump: (code, operand, { onTrue = null, onFalse = null }) =>
      void lines.push({ kind: 'jump', code, operand, onTrue, onFalse, far: { onTrue: false, onFalse: false } }),
    label: (name) => void labels.set(name, lines.length),
    assemble() {
      const places = reachAll()
      return lines.flatMap((line, index) => instructionsOf(line, index, places))
    },
  }
}
