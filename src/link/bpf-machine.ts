/**
 * Runs a classic BPF program over frames in this process, as the kernel does for a live capture: a load outside the frame, or a
 * division by zero, rejects it. Source: as bpf-assembler.ts; what a shift by 32 and more gives is libpcap's answer, 0.
 */

import { BPF, type BpfInstruction } from './bpf-assembler.ts'
import { bpfSteps, SCRATCH_WORDS, STEP } from './bpf-steps.ts'

/** How many bytes of the frame to keep; 0 rejects it. */
export type BpfMachine = (bytes: Uint8Array, offset: number, captured: number, wireBytes: number) => number

/** Loads at negative offsets: what the kernel knows of a packet beside its bytes; null where it knows nothing. */
export type AncillaryLoad = (operand: number, loadBytes: number) => number | null

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

/** @throws InterplotError ERR_INTERNAL for what is no valid program. */
export const bpfMachine = (program: readonly BpfInstruction[], ancillary: AncillaryLoad = () => null): BpfMachine => {
  const { steps, operands, onTrue, onFalse, details } = bpfSteps(program)
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
