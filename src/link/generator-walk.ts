/**
 * The part of a generator's program that finds the next target: position → permutation → index → address and port, the same
 * arithmetic as targets/permutation.ts and targets/target-set.ts.
 */

import type { TargetSpace } from '../core/target-batch.ts'
import type { EbpfAssembler } from './ebpf-assembler.ts'
import { CONTROL, type GeneratorTables, INTERVAL_BYTES } from './generator-memory.ts'

/** The register that holds the address of the shared memory. */
const MEMORY = 'r9'
const HIGH = 'r7'
const LOW = 'r8'
/**
 * Passes through the permutation in one run of the program; at least every second value is a target, so more are hardly ever
 * needed. When they are, the walk goes on in the next run.
 */
const PASSES = 16

/** Adds a mix of `from` under `key` to `to`. Destroys r1 and r2. */
const emitRound = (asm: EbpfAssembler, to: 'r7' | 'r8', from: 'r7' | 'r8', key: number, mask: number): void => {
  asm.alu32('move', 'r1', from)
  asm.alu32('xor', 'r1', key)
  asm.alu32('multiply', 'r1', 0x85ebca6b)
  asm.alu32('move', 'r2', 'r1')
  asm.alu32('shiftRight', 'r2', 15)
  asm.alu32('xor', 'r1', 'r2')
  asm.alu32('xor', 'r1', key >>> 7)
  asm.alu32('multiply', 'r1', 0xc2b2ae35)
  asm.alu32('move', 'r2', 'r1')
  asm.alu32('shiftRight', 'r2', 14)
  asm.alu32('xor', 'r1', 'r2')
  asm.alu32('xor', to, 'r1')
  asm.alu32('and', to, mask)
}

/** The permutation's value at the position goes to r1; jumps to "drop" while it is not found, to "done" at the end. */
const emitPermutation = (asm: EbpfAssembler, { permutation, end }: TargetSpace): void => {
  const { size, lowBits, highBits, keys } = permutation
  const lowMask = 2 ** lowBits - 1
  const highMask = 2 ** highBits - 1
  asm.load(8, 'r1', MEMORY, CONTROL.position)
  asm.constant64('r2', BigInt(end))
  asm.jump('r1', '>=', 'r2', 'done')
  asm.constant64('r3', BigInt(size))
  asm.alu32('move', 'r5', 0)
  asm.alu64('move', LOW, 'r1')
  asm.alu32('and', LOW, lowMask)
  asm.alu64('move', HIGH, 'r1')
  asm.alu64('shiftRight', HIGH, lowBits)
  asm.load(8, 'r1', MEMORY, CONTROL.walking)
  asm.jump('r1', '==', 0, 'pass')
  asm.load(8, HIGH, MEMORY, CONTROL.high)
  asm.load(8, LOW, MEMORY, CONTROL.low)
  asm.label('pass')
  for (const [round, key] of keys.entries()) {
    if (round % 2 === 0) emitRound(asm, HIGH, LOW, key, highMask)
    else emitRound(asm, LOW, HIGH, key, lowMask)
  }
  asm.alu64('move', 'r1', HIGH)
  asm.alu64('shiftLeft', 'r1', lowBits)
  asm.alu64('or', 'r1', LOW)
  asm.jump('r1', '<', 'r3', 'inside')
  asm.alu32('add', 'r5', 1)
  asm.jump('r5', '<', PASSES, 'pass')
  asm.store(8, MEMORY, CONTROL.walking, 1)
  asm.store(8, MEMORY, CONTROL.high, HIGH)
  asm.store(8, MEMORY, CONTROL.low, LOW)
  asm.goTo('drop')
  asm.label('inside')
  asm.store(8, MEMORY, CONTROL.walking, 0)
}

/** r1 = index → r2 = index of the address, `port` = port. */
const emitPort = (asm: EbpfAssembler, { ports }: TargetSpace, { portsAt }: GeneratorTables, port: 'r8'): void => {
  asm.alu64('move', 'r2', 'r1')
  if (ports.length === 1) {
    asm.alu32('move', port, ports[0]!)
    return
  }
  asm.alu64('divide', 'r2', ports.length)
  asm.alu64('modulo', 'r1', ports.length)
  // The verifier does not know what a remainder is at most.
  asm.jump('r1', '>=', ports.length, 'fault')
  asm.alu64('shiftLeft', 'r1', 1)
  asm.mapValue('r3', portsAt)
  asm.alu64('add', 'r3', 'r1')
  asm.load(2, port, 'r3', 0)
}

/** r2 = index of the address → `address` = the address. */
const emitAddress = (asm: EbpfAssembler, space: TargetSpace, tables: GeneratorTables, address: 'r7'): void => {
  asm.alu32('move', address, 'r2')
  if (space.firsts.length === 1) {
    asm.alu32('add', address, space.firsts[0]!)
    return
  }
  // r3 and r4: the first and the last interval that may hold the index.
  asm.alu32('move', 'r1', 'r2')
  asm.alu32('shiftRight', 'r1', tables.shift)
  asm.jump('r1', '>=', tables.buckets, 'fault')
  asm.alu64('shiftLeft', 'r1', 2)
  asm.mapValue('r5', tables.bucketsAt)
  asm.alu64('add', 'r5', 'r1')
  asm.load(4, 'r3', 'r5', 0)
  asm.load(4, 'r4', 'r5', 4)
  asm.mapValue('r0', tables.intervalsAt)
  for (let step = 0; step < tables.steps; step += 1) {
    const lower = `lower ${step}`
    const next = `step ${step + 1}`
    asm.alu64('move', 'r1', 'r3')
    asm.alu64('add', 'r1', 'r4')
    asm.alu64('add', 'r1', 1)
    asm.alu64('shiftRight', 'r1', 1)
    asm.jump('r1', '>=', tables.intervals, 'fault')
    asm.alu64('move', 'r5', 'r1')
    asm.alu64('multiply', 'r5', INTERVAL_BYTES)
    asm.alu64('add', 'r5', 'r0')
    asm.load(4, 'r5', 'r5', 0)
    asm.jump('r5', '>', address, lower)
    asm.alu64('move', 'r3', 'r1')
    asm.goTo(next)
    asm.label(lower)
    asm.alu64('subtract', 'r1', 1)
    asm.alu64('move', 'r4', 'r1')
    asm.label(next)
  }
  asm.jump('r3', '>=', tables.intervals, 'fault')
  asm.alu64('multiply', 'r3', INTERVAL_BYTES)
  asm.alu64('add', 'r3', 'r0')
  asm.load(4, 'r3', 'r3', 4)
  asm.alu32('add', address, 'r3')
}

/**
 * Leaves the next target's address in r7 and its port in r8. r9 must hold the memory's address. Destroys r0 to r5. Jumps to
 * "drop" for another try in the next run, to "done" at the walk's end, to "fault" for what can't happen.
 */
export const emitTarget = (asm: EbpfAssembler, space: TargetSpace, tables: GeneratorTables): void => {
  emitPermutation(asm, space)
  emitPort(asm, space, tables, LOW)
  emitAddress(asm, space, tables, HIGH)
}
