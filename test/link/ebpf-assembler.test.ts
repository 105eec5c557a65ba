import { describe, expect, it } from 'vitest'
import { type EbpfAssembler, ebpfAssembler } from '../../src/link/ebpf-assembler.ts'

const MAP_FD = 7

const hex = (write: (asm: EbpfAssembler) => void): string => {
  const asm = ebpfAssembler()
  write(asm)
  return Buffer.from(asm.assemble(MAP_FD)).toString('hex')
}

/** Encodings worked out by hand from RFC 9669: code, source and destination, offset, constant. */
const ROWS: readonly [string, (asm: EbpfAssembler) => void, string][] = [
  ['r1 += 1', (asm) => asm.alu64('add', 'r1', 1), '0701000001000000'],
  ['r1 -= r2', (asm) => asm.alu64('subtract', 'r1', 'r2'), '1f21000000000000'],
  ['w3 *= -1', (asm) => asm.alu32('multiply', 'r3', 0xffffffff), '24030000ffffffff'],
  ['r4 /= 3', (asm) => asm.alu64('divide', 'r4', 3), '3704000003000000'],
  ['r4 %= 3', (asm) => asm.alu64('modulo', 'r4', 3), '9704000003000000'],
  ['w5 |= w6', (asm) => asm.alu32('or', 'r5', 'r6'), '4c65000000000000'],
  ['r5 &= 255', (asm) => asm.alu64('and', 'r5', 255), '57050000ff000000'],
  ['w1 <<= 5', (asm) => asm.alu32('shiftLeft', 'r1', 5), '6401000005000000'],
  ['r1 >>= r9', (asm) => asm.alu64('shiftRight', 'r1', 'r9'), '7f91000000000000'],
  ['w7 ^= w8', (asm) => asm.alu32('xor', 'r7', 'r8'), 'ac87000000000000'],
  ['r6 = r1', (asm) => asm.alu64('move', 'r6', 'r1'), 'bf16000000000000'],
  ['w0 = 1', (asm) => asm.alu32('move', 'r0', 1), 'b400000001000000'],
  ['r2 = be16 r2', (asm) => asm.toBigEndian('r2', 16), 'dc02000010000000'],
  ['r2 = be32 r2', (asm) => asm.toBigEndian('r2', 32), 'dc02000020000000'],
  ['r1 = *(u8 *)(r2 + 3)', (asm) => asm.load(1, 'r1', 'r2', 3), '7121030000000000'],
  ['r1 = *(u16 *)(r2 + 2)', (asm) => asm.load(2, 'r1', 'r2', 2), '6921020000000000'],
  ['r1 = *(u32 *)(r2 + 4)', (asm) => asm.load(4, 'r1', 'r2', 4), '6121040000000000'],
  ['r1 = *(u64 *)(r10 - 8)', (asm) => asm.load(8, 'r1', 'r10', -8), '79a1f8ff00000000'],
  ['*(u16 *)(r6 + 24) = r3', (asm) => asm.store(2, 'r6', 24, 'r3'), '6b36180000000000'],
  ['*(u64 *)(r9 + 8) = 1', (asm) => asm.store(8, 'r9', 8, 1), '7a09080001000000'],
  ['*(u32 *)(r6 + 0) = -2', (asm) => asm.store(4, 'r6', 0, -2), '62060000feffffff'],
  [
    'r1 = 0x123456789abcdef0 ll',
    (asm) => asm.constant64('r1', 0x123456789abcdef0n),
    '18010000f0debc9a0000000078563412',
  ],
  ['r9 = map value + 128', (asm) => asm.mapValue('r9', 128), '18290000070000000000000080000000'],
  ['r1 = xchg_64(r9 + 128, r1)', (asm) => asm.exchange('r9', 128, 'r1'), 'db198000e1000000'],
  ['call 5', (asm) => asm.call(5), '8500000005000000'],
  ['exit', (asm) => asm.exit(), '9500000000000000'],
  [
    'a jump forward over a 64-bit constant',
    (asm) => {
      asm.jump('r1', '>=', 'r2', 'end')
      asm.constant64('r3', 1n)
      asm.label('end')
      asm.exit()
    },
    '3d21020000000000180300000100000000000000000000009500000000000000',
  ],
  [
    'a jump back',
    (asm) => {
      asm.label('again')
      asm.alu64('add', 'r5', 1)
      asm.jump('r5', '<', 16, 'again')
    },
    '0705000001000000a505feff10000000',
  ],
  [
    'a jump always, and signed',
    (asm) => {
      asm.goTo('end')
      asm.jump('r1', 'signed >=', 'r2', 'end')
      asm.label('end')
    },
    '05000100000000007d21000000000000',
  ],
]

describe('eBPF assembler', () => {
  it.each(ROWS)('encodes %s', (_, write, expected) => {
    expect(hex(write)).toBe(expected)
  })

  it.each<[string, (asm: EbpfAssembler) => void, RegExp]>([
    ['a label that is nowhere', (asm) => asm.goTo('nowhere'), /no label "nowhere"/],
    ['a constant of more than 32 bits', (asm) => asm.alu32('move', 'r1', 2 ** 32), /constant of 4294967296/],
    ['a 64-bit operand that its sign would change', (asm) => asm.alu64('and', 'r1', 2 ** 31), /64-bit operand/],
    ['a constant that is no integer', (asm) => asm.store(4, 'r1', 0, 0.5), /constant of 0.5/],
    ['an offset of more than 16 bits', (asm) => asm.load(4, 'r1', 'r2', 40_000), /offset 40000/],
  ])('refuses %s', (_, write, message) => {
    expect(() => hex(write)).toThrow(message)
  })
})
