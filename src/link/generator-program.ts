/**
 * The program that the kernel runs once for each live frame (Documentation/bpf/bpf_prog_run.rst of the kernel): looks at its
 * orders, keeps the pace, finds the next target, writes the probe and redirects the frame to the interface. A frame with
 * nothing to do is dropped, which costs tens of nanoseconds.
 *
 * A call of the kernel to run live frames begins and ends with some 14 ms of its own. So there are two programs, which differ in
 * their number only, and their calls overlap. While both run, whichever has the lock sends: no packet waits for a program put aside.
 *
 * The pace is that of probe/pacer.ts: packet n is due at start + n / rate; time lost is made up for at a multiple of the rate, and
 * written off beyond a quarter of a second. A frame that is not due waits here some microseconds, no longer: the kernel
 * handles no other packet on this processor meanwhile.
 */

import type { TargetSpace } from '../core/target-batch.ts'
import type { PacketRecipe } from './contract.ts'
import { type EbpfAssembler, ebpfAssembler } from './ebpf-assembler.ts'
import { CONTROL, type GeneratorTables, type ProgramIndex, TICKS_PER_NS_SHIFT } from './generator-memory.ts'
import { emitProbe, generatedFrameBytes } from './generator-probe.ts'
import { emitTarget } from './generator-walk.ts'

/** Members of struct xdp_md (linux/bpf.h). */
const CONTEXT_DATA = 0
const CONTEXT_DATA_END = 4
/** enum xdp_action. */
export const XDP_DROP = 1
/** enum bpf_func_id. */
export const KTIME_GET_NS = 5
export const REDIRECT = 23

const MAX_DEBT_TICKS = 250_000_000 * 2 ** TICKS_PER_NS_SHIFT
/** Looks at the clock that one frame may take to wait: two to three microseconds. */
const WAIT_LOOKS = 64
/** Packets between two looks at the clock where there is no pace; a power of two. */
const UNPACED_LOOK = 256
const MEMORY = 'r9'

/** r0 = ticks now. Destroys r1 to r5. */
const emitNow = (asm: EbpfAssembler): void => {
  asm.call(KTIME_GET_NS)
  asm.load(8, 'r1', MEMORY, CONTROL.zeroNs)
  asm.alu64('subtract', 'r0', 'r1')
  asm.alu64('shiftLeft', 'r0', TICKS_PER_NS_SHIFT)
}

/** Drops the frame when nobody has said lately that the program is still wanted; r0 = ticks now. Destroys r1. */
const emitAlive = (asm: EbpfAssembler): void => {
  asm.load(8, 'r1', MEMORY, CONTROL.aliveUntil)
  asm.jump('r0', 'signed >', 'r1', 'drop')
}

/** Without a pace the clock need not be read for every packet. */
const emitUnpaced = (asm: EbpfAssembler): void => {
  asm.load(8, 'r1', MEMORY, CONTROL.sent)
  asm.alu64('and', 'r1', UNPACED_LOOK - 1)
  asm.jump('r1', '!=', 0, 'paced')
  emitNow(asm)
  emitAlive(asm)
  asm.goTo('paced')
}

/** Goes on when a packet is due and has the next one be due later; jumps to "drop" otherwise. */
const emitPace = (asm: EbpfAssembler): void => {
  asm.load(8, 'r8', MEMORY, CONTROL.interval)
  asm.jump('r8', '!=', 0, 'pace')
  emitUnpaced(asm)
  asm.label('pace')
  emitNow(asm)
  emitAlive(asm)
  // r6 = when it was due, or the most that is made up for.
  asm.load(8, 'r6', MEMORY, CONTROL.due)
  asm.constant64('r2', BigInt(MAX_DEBT_TICKS))
  asm.alu64('move', 'r1', 'r0')
  asm.alu64('subtract', 'r1', 'r2')
  asm.jump('r6', 'signed >=', 'r1', 'owed')
  asm.alu64('move', 'r6', 'r1')
  asm.label('owed')
  // r7 = the earliest time for it.
  asm.load(8, 'r7', MEMORY, CONTROL.notBefore)
  asm.jump('r7', 'signed >=', 'r6', 'earliest')
  asm.alu64('move', 'r7', 'r6')
  asm.label('earliest')
  asm.alu64('add', 'r8', 'r6')
  asm.alu64('move', 'r6', 0)
  asm.label('wait')
  asm.jump('r0', 'signed >=', 'r7', 'due')
  asm.alu64('add', 'r6', 1)
  asm.jump('r6', '>=', WAIT_LOOKS, 'drop')
  emitNow(asm)
  asm.goTo('wait')
  asm.label('due')
  asm.store(8, MEMORY, CONTROL.due, 'r8')
  asm.load(8, 'r1', MEMORY, CONTROL.gap)
  asm.alu64('add', 'r1', 'r0')
  asm.store(8, MEMORY, CONTROL.notBefore, 'r1')
  asm.label('paced')
}

/** Takes the lock; jumps to "rest" when the other program has it, to "out" when this one's call shall end. */
const emitLock = (asm: EbpfAssembler, me: ProgramIndex): void => {
  asm.load(8, 'r2', MEMORY, CONTROL.over[me])
  asm.jump('r2', '!=', 0, 'out')
  asm.load(8, 'r2', MEMORY, CONTROL.used[me])
  asm.alu64('add', 'r2', 1)
  asm.store(8, MEMORY, CONTROL.used[me], 'r2')
  asm.load(8, 'r2', MEMORY, CONTROL.paused)
  asm.jump('r2', '!=', 0, 'rest')
  asm.alu64('move', 'r2', 1)
  asm.exchange(MEMORY, CONTROL.lock, 'r2')
  asm.jump('r2', '!=', 0, 'rest')
}

/** Only for whoever has the lock. Destroys r1. */
const emitUnlock = (asm: EbpfAssembler): void => {
  asm.alu64('move', 'r1', 0)
  asm.exchange(MEMORY, CONTROL.lock, 'r1')
}

/** A paused frame waits as long as one that is not due, so that a pause does not use up the frames of a call. */
const emitRest = (asm: EbpfAssembler): void => {
  asm.label('rest')
  asm.alu64('move', 'r6', 0)
  asm.label('idle')
  asm.call(KTIME_GET_NS)
  asm.alu64('add', 'r6', 1)
  asm.jump('r6', '<', WAIT_LOOKS, 'idle')
  asm.goTo('out')
}

/** Counts the packet and moves on to the next copy or the next target. */
const emitAdvance = (asm: EbpfAssembler, copies: number, stride: number): void => {
  const advance = (word: number, step: number): void => {
    asm.load(8, 'r1', MEMORY, word)
    asm.alu64('add', 'r1', step)
    asm.store(8, MEMORY, word, 'r1')
  }
  advance(CONTROL.sent, 1)
  if (copies > 1) {
    asm.load(8, 'r1', MEMORY, CONTROL.copy)
    asm.alu64('add', 'r1', 1)
    asm.store(8, MEMORY, CONTROL.copy, 'r1')
    asm.jump('r1', '<', copies, 'advanced')
    asm.store(8, MEMORY, CONTROL.copy, 0)
  }
  advance(CONTROL.position, stride)
  asm.label('advanced')
}

/** An end of the program that gives the lock back and drops the frame, after setting a report. */
const emitDrop = (asm: EbpfAssembler, label: string, report?: number): void => {
  asm.label(label)
  if (report !== undefined) asm.store(8, MEMORY, report, 1)
  emitUnlock(asm)
  asm.goTo('out')
}

export interface GeneratorProgramOptions {
  space: TargetSpace
  tables: GeneratorTables
  recipe: PacketRecipe
  copies: number
  ethernetHeader: Uint8Array
  interfaceIndex: number
  program: ProgramIndex
}

/** @throws InterplotError ERR_LINK_UNAVAILABLE for a recipe that the program can't follow. */
export const generatorProgram = (options: GeneratorProgramOptions): EbpfAssembler => {
  const { space, tables, recipe, copies, ethernetHeader, interfaceIndex, program } = options
  const asm = ebpfAssembler()
  asm.mapValue(MEMORY, 0)
  asm.load(8, 'r2', MEMORY, CONTROL.stopped)
  asm.jump('r2', '!=', 0, 'out')
  // A call would destroy r1, so the context is kept on the stack.
  asm.store(8, 'r10', -8, 'r1')
  emitLock(asm, program)
  emitPace(asm)
  emitTarget(asm, space, tables)
  asm.load(8, 'r1', 'r10', -8)
  asm.load(4, 'r6', 'r1', CONTEXT_DATA)
  asm.load(4, 'r2', 'r1', CONTEXT_DATA_END)
  asm.alu64('move', 'r3', 'r6')
  asm.alu64('add', 'r3', generatedFrameBytes(recipe))
  asm.jump('r3', '>', 'r2', 'fault')
  emitProbe(asm, ethernetHeader, recipe)
  emitAdvance(asm, copies, space.stride)
  asm.alu32('move', 'r1', interfaceIndex)
  asm.alu32('move', 'r2', 0)
  asm.call(REDIRECT)
  emitUnlock(asm)
  asm.exit()
  emitDrop(asm, 'done', CONTROL.done)
  emitDrop(asm, 'fault', CONTROL.fault)
  emitDrop(asm, 'drop')
  emitRest(asm)
  asm.label('out')
  asm.alu32('move', 'r0', XDP_DROP)
  asm.exit()
  return asm
}
