/**
 * The kernel's eBPF machine, as far as our programs use it, so that they can be run without privileges: registers as 64-bit
 * BigInts, pointers as a region's number above bit 48. An access outside its region is an error, as it is to the verifier.
 */

const MASK = (1n << 64n) - 1n
const MASK32 = 0xffffffffn
const REGION_SHIFT = 48n
const CONTEXT = 1n << REGION_SHIFT
const FRAME = 2n << REGION_SHIFT
const MAP = 3n << REGION_SHIFT
const STACK = 4n << REGION_SHIFT
const STACK_BYTES = 512
const MAX_STEPS = 100_000
const WIDTH_BYTES: Readonly<Record<number, number>> = { 16: 1, 8: 2, 0: 4, 24: 8 }

export interface EbpfRun {
  code: Uint8Array
  map: ArrayBuffer
  frame: Uint8Array
  /** Kernel functions by number: arguments r1 to r5, result r0. */
  helpers: Readonly<Record<number, (...args: bigint[]) => bigint>>
}

const operate = (operation: number, a: bigint, b: bigint, bits: bigint): bigint => {
  if (operation === 0x00) return a + b
  if (operation === 0x10) return a - b
  if (operation === 0x20) return a * b
  if (operation === 0x30) return b === 0n ? 0n : a / b
  if (operation === 0x40) return a | b
  if (operation === 0x50) return a & b
  if (operation === 0x60) return a << (b % bits)
  if (operation === 0x70) return a >> (b % bits)
  if (operation === 0x90) return b === 0n ? a : a % b
  if (operation === 0xa0) return a ^ b
  if (operation === 0xb0) return b
  throw new Error(`no such operation: ${operation}`)
}

const holds = (comparison: number, a: bigint, b: bigint): boolean => {
  const [signedA, signedB] = [BigInt.asIntN(64, a), BigInt.asIntN(64, b)]
  if (comparison === 0x00) return true
  if (comparison === 0x10) return a === b
  if (comparison === 0x20) return a > b
  if (comparison === 0x30) return a >= b
  if (comparison === 0x50) return a !== b
  if (comparison === 0x60) return signedA > signedB
  if (comparison === 0x70) return signedA >= signedB
  if (comparison === 0xa0) return a < b
  if (comparison === 0xb0) return a <= b
  throw new Error(`no such comparison: ${comparison}`)
}

const byteSwap = (value: bigint, bits: number): bigint => {
  let swapped = 0n
  for (let at = 0; at < bits; at += 8) swapped = (swapped << 8n) | ((value >> BigInt(at)) & 0xffn)
  return swapped
}

/** Runs the program once. @returns r0. */
export const runEbpf = ({ code, map, frame, helpers }: EbpfRun): number => {
  const program = new DataView(code.buffer, code.byteOffset, code.length)
  const stack = new Uint8Array(STACK_BYTES)
  const regions = new Map<bigint, DataView>([
    [FRAME, new DataView(frame.buffer, frame.byteOffset, frame.length)],
    [MAP, new DataView(map)],
    [STACK, new DataView(stack.buffer)],
  ])
  const registers = new Array<bigint>(11).fill(0n)
  registers[1] = CONTEXT
  registers[10] = STACK + BigInt(STACK_BYTES)
  const place = (pointer: bigint): [DataView, number] => {
    const region = (pointer >> REGION_SHIFT) << REGION_SHIFT
    const view = regions.get(region)
    if (view === undefined) throw new Error(`access through ${pointer.toString(16)}`)
    return [view, Number(pointer - region)]
  }
  const load = (pointer: bigint, bytes: number): bigint => {
    if (pointer === CONTEXT) return FRAME
    if (pointer === CONTEXT + 4n) return FRAME + BigInt(frame.length)
    const [view, at] = place(pointer)
    if (bytes === 8) return view.getBigUint64(at, true)
    return BigInt(bytes === 4 ? view.getUint32(at, true) : bytes === 2 ? view.getUint16(at, true) : view.getUint8(at))
  }
  const store = (pointer: bigint, bytes: number, value: bigint): void => {
    const [view, at] = place(pointer)
    if (bytes === 8) view.setBigUint64(at, value, true)
    else if (bytes === 4) view.setUint32(at, Number(value & MASK32), true)
    else if (bytes === 2) view.setUint16(at, Number(value & 0xffffn), true)
    else view.setUint8(at, Number(value & 0xffn))
  }
  for (let pc = 0, steps = 0; steps < MAX_STEPS; pc += 1, steps += 1) {
    const operation = program.getUint8(pc * 8)
    const fields = program.getUint8(pc * 8 + 1)
    const [destination, source] = [fields & 15, fields >> 4]
    const offset = BigInt(program.getInt16(pc * 8 + 2, true))
    const constant = BigInt(program.getInt32(pc * 8 + 4, true))
    const kind = operation & 0x07
    const operand = (operation & 0x08) === 0 ? constant & MASK : registers[source]!
    const width = WIDTH_BYTES[operation & 0x18]!
    if (operation === 0x95) return Number(registers[0]!)
    if (operation === 0x85) {
      registers[0] = helpers[Number(constant)]!(...registers.slice(1, 6)) & MASK
      // What a call leaves in these must not matter.
      for (let i = 1; i <= 5; i += 1) registers[i] = 0xdeadn
    } else if (operation === 0x18) {
      const upper = BigInt(program.getInt32(pc * 8 + 12, true))
      registers[destination] = source === 0 ? ((upper << 32n) | (constant & MASK32)) & MASK : MAP + upper
      pc += 1
    } else if (operation === 0xdb) {
      if (constant !== 0xe1n) throw new Error(`no such atomic operation: ${constant}`)
      const before = load(registers[destination]! + offset, 8)
      store(registers[destination]! + offset, 8, registers[source]!)
      registers[source] = before
    } else if (operation === 0xdc) {
      registers[destination] = byteSwap(registers[destination]!, Number(constant))
    } else if (kind === 0x07) {
      registers[destination] = operate(operation & 0xf0, registers[destination]!, operand, 64n) & MASK
    } else if (kind === 0x04) {
      const result = operate(operation & 0xf0, registers[destination]! & MASK32, operand & MASK32, 32n)
      registers[destination] = result & MASK32
    } else if (kind === 0x05) {
      if (holds(operation & 0xf0, registers[destination]!, operand)) pc += Number(offset)
    } else if (kind === 0x01) {
      registers[destination] = load(registers[source]! + offset, width)
    } else {
      store(registers[destination]! + offset, width, kind === 0x02 ? constant & MASK : registers[source]!)
    }
  }
  throw new Error('the program does not end')
}
