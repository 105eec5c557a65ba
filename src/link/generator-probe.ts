/**
 * The part of a generator's program that writes the packet: Ethernet header, template, cookie, fields, checksums, as the recipe
 * says (contract.ts). The whole frame is written each time: the kernel reuses frames that whoever received them may have changed.
 * The cookie is HalfSipHash-1-3 as in probe/cookie.ts; checksums per RFC 1071, constant parts summed beforehand.
 */

import { InterplotError } from '../core/errors.ts'
import { readUint16 } from '../wire/bytes.ts'
import { sumBytes } from '../wire/checksum.ts'
import { ETHERNET_HEADER_BYTES } from '../wire/ethernet.ts'
import { IPV4_HEADER_BYTES, IPV4_OFFSET } from '../wire/ipv4.ts'
import type { PacketRecipe, RecipeField } from './contract.ts'
import type { EbpfAssembler, Register } from './ebpf-assembler.ts'
import { CONTROL } from './generator-memory.ts'

/** The smallest frame without its check sequence: not every driver pads what it gets from XDP. */
const MIN_FRAME_BYTES = 60
/** A live frame must fit in a page beside the kernel's own headers. */
const MAX_FRAME_BYTES = 3000
const FRAME = 'r6'
const ADDRESS = 'r7'
const PORT = 'r8'
const MEMORY = 'r9'
/** The cookie's words. */
const FIRST = 'r0'
const SECOND = 'r1'

/** Length of the frames, Ethernet header included. @throws InterplotError ERR_LINK_UNAVAILABLE when they can't be live frames. */
export const generatedFrameBytes = ({ template }: PacketRecipe): number => {
  const bytes = ETHERNET_HEADER_BYTES + template.length
  if (bytes > MAX_FRAME_BYTES) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', `the kernel makes no frames of ${bytes} bytes`)
  }
  return Math.max(MIN_FRAME_BYTES, bytes)
}

const emitRotate = (asm: EbpfAssembler, register: Register, bits: number): void => {
  asm.alu32('move', 'r5', register)
  asm.alu32('shiftLeft', register, bits)
  asm.alu32('shiftRight', 'r5', 32 - bits)
  asm.alu32('or', register, 'r5')
}

/** v0 to v3 in r1 to r4. */
const emitSipRound = (asm: EbpfAssembler): void => {
  const half = (a: Register, b: Register, bits: number): void => {
    asm.alu32('add', a, b)
    emitRotate(asm, b, bits)
    asm.alu32('xor', b, a)
  }
  half('r1', 'r2', 5)
  emitRotate(asm, 'r1', 16)
  half('r3', 'r4', 8)
  half('r1', 'r4', 7)
  half('r3', 'r2', 13)
  emitRotate(asm, 'r3', 16)
}

/** The cookie of address and port to r0 and r1. Destroys r2 to r5. */
const emitCookie = (asm: EbpfAssembler, { cookieKey: { k0, k1 }, cookieHasPort }: PacketRecipe): void => {
  asm.alu32('move', 'r1', k0)
  asm.alu32('move', 'r2', k1 ^ 0xee)
  asm.alu32('move', 'r3', 0x6c796765 ^ k0)
  asm.alu32('move', 'r4', 0x74656462 ^ k1)
  asm.alu32('xor', 'r4', ADDRESS)
  emitSipRound(asm)
  asm.alu32('xor', 'r1', ADDRESS)
  // The second block: the port and, in the top byte, the message's length of six. r0 is free until the first word is known.
  asm.alu32('move', 'r0', cookieHasPort ? PORT : 0)
  asm.alu32('or', 'r0', 6 << 24)
  asm.alu32('xor', 'r4', 'r0')
  emitSipRound(asm)
  asm.alu32('xor', 'r1', 'r0')
  asm.alu32('xor', 'r3', 0xee)
  for (let round = 0; round < 3; round += 1) emitSipRound(asm)
  asm.alu32('move', FIRST, 'r2')
  asm.alu32('xor', FIRST, 'r4')
  asm.alu32('xor', 'r2', 0xdd)
  for (let round = 0; round < 3; round += 1) emitSipRound(asm)
  asm.alu32('move', SECOND, 'r2')
  asm.alu32('xor', SECOND, 'r4')
}

/** What does not change of a frame, and 0 where something does. */
const emitConstants = (asm: EbpfAssembler, ethernetHeader: Uint8Array, recipe: PacketRecipe): void => {
  const frame = new Uint8Array(Math.ceil(generatedFrameBytes(recipe) / 4) * 4)
  frame.set(ethernetHeader)
  frame.set(recipe.template, ETHERNET_HEADER_BYTES)
  const view = new DataView(frame.buffer)
  const bytes = generatedFrameBytes(recipe)
  let at = 0
  for (; at + 4 <= bytes; at += 4) asm.store(4, FRAME, at, view.getInt32(at, true))
  for (; at < bytes; at += 1) asm.store(1, FRAME, at, frame[at]!)
}

/** Adds the two 16-bit halves of a 32-bit value. Destroys r4. */
const emitAddHalves = (asm: EbpfAssembler, sum: Register, value: Register): void => {
  asm.alu32('move', 'r4', value)
  asm.alu32('shiftRight', 'r4', 16)
  asm.alu32('add', sum, 'r4')
  asm.alu32('move', 'r4', value)
  asm.alu32('and', 'r4', 0xffff)
  asm.alu32('add', sum, 'r4')
}

/** Folds the sum, stores its complement at byte `at` of the frame. Destroys r4. */
const emitChecksum = (asm: EbpfAssembler, sum: Register, at: number, zeroIsOnes: boolean): void => {
  for (let fold = 0; fold < 2; fold += 1) {
    asm.alu32('move', 'r4', sum)
    asm.alu32('shiftRight', 'r4', 16)
    asm.alu32('and', sum, 0xffff)
    asm.alu32('add', sum, 'r4')
  }
  asm.alu32('xor', sum, 0xffff)
  if (zeroIsOnes) {
    asm.jump(sum, '!=', 0, 'checksum')
    asm.alu32('move', sum, 0xffff)
    asm.label('checksum')
  }
  asm.toBigEndian(sum, 16)
  asm.store(2, FRAME, at, sum)
}

const emitIpHeader = (asm: EbpfAssembler, { template }: PacketRecipe): void => {
  const ip = ETHERNET_HEADER_BYTES
  asm.alu32('move', 'r3', sumBytes(template, 0, IPV4_HEADER_BYTES))
  emitAddHalves(asm, 'r3', ADDRESS)
  asm.alu32('move', 'r5', SECOND)
  asm.alu32('shiftRight', 'r5', 16)
  asm.alu32('add', 'r3', 'r5')
  asm.toBigEndian('r5', 16)
  asm.store(2, FRAME, ip + IPV4_OFFSET.id, 'r5')
  asm.alu32('move', 'r5', ADDRESS)
  asm.toBigEndian('r5', 32)
  asm.store(4, FRAME, ip + IPV4_OFFSET.destination, 'r5')
  emitChecksum(asm, 'r3', ip + IPV4_OFFSET.checksum, false)
}

/** Writes the field and adds it to the transport's sum in r3. */
const emitField = (asm: EbpfAssembler, field: RecipeField): void => {
  const at = ETHERNET_HEADER_BYTES + field.at
  if (field.value === 'cookie') {
    emitAddHalves(asm, 'r3', FIRST)
    asm.alu32('move', 'r5', FIRST)
    asm.toBigEndian('r5', 32)
    asm.store(4, FRAME, at, 'r5')
    return
  }
  if (field.value === 'port') {
    asm.alu32('move', 'r5', PORT)
  } else {
    asm.alu32('move', 'r5', field.word === 'first' ? FIRST : SECOND)
    asm.load(8, 'r4', MEMORY, CONTROL.copy)
    asm.alu64('add', 'r5', 'r4')
    asm.alu64('modulo', 'r5', field.count)
    asm.alu64('add', 'r5', field.base)
  }
  asm.alu32('add', 'r3', 'r5')
  asm.toBigEndian('r5', 16)
  asm.store(2, FRAME, at, 'r5')
}

/** @throws InterplotError ERR_LINK_UNAVAILABLE for a recipe with parts that this program can't sum up. */
const checkRecipe = ({ template, fields, checksum }: PacketRecipe): void => {
  const headerBytes = (template[IPV4_OFFSET.versionIhl]! & 15) * 4
  const covered = fields.every(({ at }) => at >= checksum.from && (at - checksum.from) % 2 === 0)
  if (headerBytes === IPV4_HEADER_BYTES && covered && (checksum.at - checksum.from) % 2 === 0) return
  throw new InterplotError('ERR_LINK_UNAVAILABLE', 'this probe is not of the kind that the kernel can be told to make')
}

/** Writes the probe to the target in r7 and r8 into the frame at r6; r9 holds the memory's address. Destroys r0 to r5. */
export const emitProbe = (asm: EbpfAssembler, ethernetHeader: Uint8Array, recipe: PacketRecipe): void => {
  checkRecipe(recipe)
  const { template, checksum, fields } = recipe
  emitCookie(asm, recipe)
  emitConstants(asm, ethernetHeader, recipe)
  emitIpHeader(asm, recipe)
  const segmentBytes = template.length - checksum.from
  let sum = sumBytes(template, checksum.from, segmentBytes)
  if (checksum.pseudoHeader) {
    sum += template[IPV4_OFFSET.protocol]! + segmentBytes
    sum += readUint16(template, IPV4_OFFSET.source) + readUint16(template, IPV4_OFFSET.source + 2)
  }
  asm.alu32('move', 'r3', sum)
  if (checksum.pseudoHeader) emitAddHalves(asm, 'r3', ADDRESS)
  for (const field of fields) emitField(asm, field)
  emitChecksum(asm, 'r3', ETHERNET_HEADER_BYTES + checksum.at, checksum.zeroIsOnes)
}
