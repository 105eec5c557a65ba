import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InterplotError } from '../../../src/core/errors.ts'
import { bpfMachine } from '../../../src/link/bpf-machine.ts'
import { compileCaptureExpression } from '../../../src/link/capture-expression/capture-expression.ts'
import type { PacketForm } from '../../../src/link/capture-expression/packet-form.ts'
import { LINK_TYPE } from '../../../src/wire/link-type.ts'
import { ETHERNET_EXPRESSIONS, EXPRESSIONS } from './expressions.ts'
import { type GeneratedFrame, generatedFrames } from './generated-frames.ts'

const SEED = 71
const FRAMES = generatedFrames(LINK_TYPE.ethernet, SEED, 1000, false)

const select = (
  expression: string,
  frames: readonly GeneratedFrame[] = FRAMES,
  form: PacketForm = LINK_TYPE.ethernet,
) => {
  const machine = bpfMachine(compileCaptureExpression(expression, form))
  return frames.flatMap(({ bytes, wireBytes }, i) => (machine(bytes, 0, bytes.length, wireBytes) > 0 ? [i] : []))
}

const refusal = (expression: string, form: PacketForm = LINK_TYPE.ethernet): InterplotError => {
  try {
    compileCaptureExpression(expression, form)
  } catch (error) {
    if (error instanceof InterplotError) return error
    throw error
  }
  throw new Error(`"${expression}" is understood`)
}

describe('capture filters', () => {
  it.each([
    ['10.0.0.1', 'host 10.0.0.1'],
    ['net 10/8', 'net 10.0.0.0/8'],
    ['ip proto tcp', 'ip proto 6'],
    ['a', null],
    ['TCP Port 80', 'tcp port 80'],
    ['tcp or udp and src 10.0.0.1', '(tcp or udp) and src 10.0.0.1'],
    ['not tcp or udp', '(not tcp) or udp'],
    ['ip[2:2] - ((tcp[12] & 0xf0) >> 2) != 0', 'tcp and ip[2:2] - ((tcp[12] & 0xf0) >> 2) != 0'],
  ])('%s means %s', (expression, same) => {
    if (same === null) return void expect(refusal(expression).code).toBe('ERR_USAGE')
    const selected = select(expression)
    expect(selected).toEqual(select(same))
    expect(selected.length).toBeGreaterThan(5)
    expect(selected.length).toBeLessThan(FRAMES.length)
  })

  it.each([
    ['host example.org', 'at column 6 ("example.org"): names of hosts are not looked up: give the address'],
    ['tcp port foo', 'at column 10 ("foo"): a port is expected here, as a number: few names are known'],
    ['port 70000', 'at column 6 ("70000"): ports end at 65535'],
    ['tcp host 10.0.0.1', 'at column 10 ("10.0.0.1"): "tcp" says nothing about hosts: write "tcp and host …"'],
    ['tcp and', 'at its end: this is no test that we know'],
    ['tcp udp', 'at column 5 ("udp"): "and" or "or" is expected here'],
    ['(tcp', 'at its end: "and", "or" or ")" is expected here'],
    ['net 10.0.0.1/8', 'at column 5 ("10.0.0.1/8"): the address has bits outside its mask'],
    ['net 10.0.0.0/33', 'at column 14 ("33"): a prefix length of 0 to 32 is expected here'],
    ['host 10.1', 'at column 6 ("10.1"): a whole address is expected here; for a part of one write "net"'],
    ['host 1.2.3.400', 'at column 6 ("1.2.3.400"): a whole address is expected here; for a part of one write "net"'],
    ['ip6 host 10.0.0.1', 'at column 10 ("10.0.0.1"): "ip6" says nothing about hosts: write "ip6 and host …"'],
    ['ip[2:3] = 1', 'at column 1 ("ip[2:3] = 1"): a size is 1, 2 or 4'],
    ['ip[0] / 0 = 1', 'at column 7 ("/ 0 = 1"): nothing can be divided by 0'],
    ['ip[0] << 32 = 1', 'at column 7 ("<< 32 = 1"): a number has 32 bits'],
    ['ip[0] ^ 3 & 4 = 4', 'at column 7 ("^ 3 & 4 = 4"): "^" beside other operators needs parentheses'],
    ['22', 'at column 1 ("22"): write what the number is, like: port 22'],
    ['mpls 5', 'at column 1 ("mpls 5"): this is no test that we know'],
    ['tcp; rm', 'at column 4 ("; rm"): no word of the language begins like that'],
    ['ip broadcast', 'at column 1 ("ip broadcast"): which address is broadcast depends on a netmask'],
    ['vlan 5000', 'at column 6 ("5000"): it ends at 4095'],
    ['pppoes and vlan', 'at column 12 ("vlan"): these packets have no VLAN tags'],
    [`${'('.repeat(1000)}ip${')'.repeat(1000)}`, /it is nested too deeply$/],
    [`tcp[${'tcp['.repeat(100)}0${']'.repeat(100)}] + tcp[0] = 1`, null],
  ])('%s is refused, or understood, and never worse', (expression, message) => {
    if (message === null) return void compileCaptureExpression(expression, LINK_TYPE.ethernet)
    const error = refusal(expression)
    expect(error).toMatchObject({ code: 'ERR_USAGE', advice: expect.stringMatching(/./) })
    if (typeof message === 'string') expect(error.message).toBe(`the capture filter is not understood ${message}`)
    else expect(error.message).toMatch(message)
  })

  it.each([
    ['vlan', LINK_TYPE.raw],
    ['ether host 02:00:00:00:00:01', LINK_TYPE.linuxSll],
    ['inbound', LINK_TYPE.ethernet],
    ['ip', 105],
  ])('%s is refused where packets do not have it', (expression, form) => {
    expect(refusal(expression, form).code).toBe('ERR_USAGE')
  })

  it('of words in any order are compiled or refused', () => {
    const vocabulary = [...new Set([...EXPRESSIONS, ...ETHERNET_EXPRESSIONS].flatMap((text) => text.split(/\b/)))]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...vocabulary), { maxLength: 20 }), (words) => {
        try {
          const machine = bpfMachine(compileCaptureExpression(words.join(' '), LINK_TYPE.ethernet))
          for (const { bytes } of FRAMES.slice(0, 5)) machine(bytes, 0, bytes.length, bytes.length)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_USAGE' })
        }
      }),
      { numRuns: 3000, seed: SEED },
    )
  })

  it('of many hosts jump further than a conditional jump reaches', () => {
    const addresses = Array.from({ length: 150 }, (_, i) => `172.20.0.${i}`)
    const program = compileCaptureExpression(
      `ip and src host (${addresses.join(' or ')} or 10.0.0.1)`,
      LINK_TYPE.ethernet,
    )
    expect(program.length).toBeGreaterThan(600)
    expect(program.length).toBeLessThanOrEqual(4096)
    const long = select(`tcp and (ip src host (${addresses.join(' or ')} or 10.0.0.1) or udp)`)
    expect(long).toEqual(select('tcp and ip src host 10.0.0.1'))
    expect(long.length).toBeGreaterThan(5)
    const most = Array.from({ length: 3000 }, (_, i) => `host 10.${i >> 8}.${i & 255}.1`).join(' or ')
    expect(refusal(most).message).toMatch(/^the capture filter (takes \d+ instructions|is not understood)/)
  })
})

describe('capture filters of a live capture', () => {
  /** Ethernet frames as a SOCK_DGRAM packet socket has them: the kernel took the header and the outer tag off. */
  const selectLive = (expression: string): number[] => {
    const program = compileCaptureExpression(expression, 'cooked-live')
    return FRAMES.flatMap(({ bytes }, i) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      const isTagged = [0x8100, 0x88a8].includes(view.getUint16(12))
      const start = isTagged ? 18 : 14
      const machine = bpfMachine(program, (operand, loadBytes) => {
        if (operand < -0x1000) {
          const at = operand + 0x20_0000
          return loadBytes === 4 ? view.getInt32(at) : loadBytes === 2 ? view.getUint16(at) : view.getUint8(at)
        }
        const answers = [view.getUint16(start - 2), i % 3 === 0 ? 4 : 0]
        if (operand === -0x1000) return answers[0]!
        if (operand === -0x1000 + 4) return answers[1]!
        if (operand === -0x1000 + 44) return isTagged ? view.getUint16(14) : 0
        return operand === -0x1000 + 48 ? Number(isTagged) : null
      })
      return machine(bytes, start, bytes.length - start, bytes.length - start) > 0 ? [i] : []
    })
  }
  const isOut = (i: number): boolean => i % 3 === 0

  it.each([
    // A tag that the kernel took off hides nothing: as in tcpdump's own live captures.
    ['tcp port 80', 'tcp port 80 or (not ether proto 0x9100 and vlan and tcp port 80)'],
    ['vlan 5 and ip', 'not ether proto 0x9100 and vlan 5 and ip'],
    ['vlan and vlan and ip', 'not ether proto 0x9100 and vlan and vlan and ip'],
    ['ether src 02:00:00:00:00:01', 'ether src 02:00:00:00:00:01'],
    ['ether multicast', 'ether multicast'],
    ['vlan and pppoes and ip', 'not ether proto 0x9100 and vlan and pppoes and ip'],
  ])('%s', (live, whole) => {
    const selected = selectLive(live)
    expect(selected).toEqual(select(whole))
    expect(selected.length).toBeGreaterThan(0)
  })

  it('tell what came in from what went out', () => {
    expect(selectLive('outbound')).toEqual(FRAMES.map((_, i) => i).filter(isOut))
    expect(selectLive('inbound and tcp')).toEqual(selectLive('tcp').filter((i) => !isOut(i)))
  })
})

describe('the machine', () => {
  const plain = (code: number, operand: number) => ({ code, jumpTrue: 0, jumpFalse: 0, operand })
  it.each([
    ['no verdict', [plain(0x20, 0)]],
    ['nothing at all', []],
    ['an unknown operation', [plain(0xff, 0), plain(6, 0)]],
    ['a jump behind its end', [plain(5, 7), plain(6, 0)]],
    ['a scratch word that is not there', [plain(2, 16), plain(6, 0)]],
  ])('refuses a program with %s', (_, program) => {
    expect(() => bpfMachine(program)).toThrow(InterplotError)
  })
})
