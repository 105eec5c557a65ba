/**
 * An assembler for classic BPF, the language of kernel packet filters. A machine with an accumulator A and an index X;
 * jumps go forward only, by at most 255 instructions, and are written here with labels.
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
  | { kind: 'jump'; code: number; operand: number; onTrue: string | null; onFalse: string | null }

export interface BpfAssembler {
  /** Adds an instruction that falls through to the next one. */
  emit(code: number, operand: number): void
  /** Adds a conditional jump; null stands for the next instruction. */
  jump(code: number, operand: number, targets: { onTrue?: string; onFalse?: string }): void
  /** Names the next instruction. */
  label(name: string): void
  /** @throws InterplotError ERR_INTERNAL for a label that is missing, behind, or too far. */
  assemble(): BpfInstruction[]
}

export const bpfAssembler = (): BpfAssembler => {
  const lines: Line[] = []
  const labels = new Map<string, number>()
  const distance = (from: number, target: string | null): number => {
    if (target === null) return 0
    const to = labels.get(target)
    const steps = to === undefined ? -1 : to - from - 1
    if (steps < 0 || steps > MAX_JUMP) {
      throw new InterplotError('ERR_INTERNAL', `the capture filter cannot jump to "${target}"`)
    }
    return steps
  }
  return {
    emit: (code, operand) => void lines.push({ kind: 'plain', code, operand }),
    jump: (code, operand, { onTrue = null, onFalse = null }) =>
      void lines.push({ kind: 'jump', code, operand, onTrue, onFalse }),
    label: (name) => void labels.set(name, lines.length),
    assemble: () =>
      lines.map((line, index) => ({
        code: line.code,
        jumpTrue: line.kind === 'jump' ? distance(index, line.onTrue) : 0,
        jumpFalse: line.kind === 'jump' ? distance(index, line.onFalse) : 0,
        operand: line.operand >>> 0,
      })),
  }
}
