import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv4, formatIpv6, parseIpv4 } from '../../src/core/ip.ts'
import { SPECIAL_PURPOSE_IPV4 } from '../../src/core/special-purpose-registry.ts'
import { cidrSet } from '../../src/targets/cidr-set.ts'
import { selectAddresses } from '../../src/targets/selection.ts'
import { specialPurposeOf } from '../../src/targets/special-purpose.ts'
import { parsePorts, parseTargetArguments, parseTargetFile, parseTargetItem } from '../../src/targets/target-syntax.ts'

const range = (text: string) => {
  const item = parseTargetItem(text)
  return item.kind === 'range' ? `${formatIpv4(item.range.first)}-${formatIpv4(item.range.last)}` : item.kind
}

describe('target syntax', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1-192.0.2.1'],
    ['10.1.2.3/8', '10.0.0.0-10.255.255.255'],
    ['0.0.0.0/0', '0.0.0.0-255.255.255.255'],
    ['1.2.3.4/32', '1.2.3.4-1.2.3.4'],
    ['1.2.3.4-1.2.4.0', '1.2.3.4-1.2.4.0'],
    ['example.com', 'host'],
    ['localhost', 'host'],
    ['2001:db8::/32', 'ipv6'],
    ['::1', 'ipv6'],
    ['1.2.3', 'invalid'],
    ['01.2.3.4', 'invalid'],
    ['1.2.3.4/33', 'invalid'],
    ['1.2.3.4/', 'invalid'],
    ['1.2.3.9-1.2.3.4', 'invalid'],
    ['1.2.3.4-x', 'invalid'],
    ['2001:db8::/129', 'invalid'],
    [':::', 'invalid'],
    ['a b', 'invalid'],
    ['', 'invalid'],
  ])('reads %j as %s', (text, expected) => {
    expect(range(text)).toBe(expected)
  })

  it('reads a file in zmap’s format and passes over IPv6', () => {
    const list = parseTargetFile('# comment\n\n10.0.0.0/8 # inline\r\n2001:db8::/32\nexample.com\n1.2.3.4\n', 'f')
    expect(list.ranges.length).toBe(2)
    expect(list.ranges6.map(({ first, last }) => `${formatIpv6(first)} ${formatIpv6(last)}`)).toEqual([
      '2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    ])
    expect(list.hostNames).toEqual(['example.com'])
  })

  it('names the line that it cannot read', () => {
    expect(() => parseTargetFile('1.2.3.4\n\n1.2.3.400\n', 'list.txt')).toThrow(
      'list.txt:3: "1.2.3.400" is not an IPv4 address',
    )
    expect(() => parseTargetArguments(['1.2.3.4/40'])).toThrow('a prefix length is 0 to 32')
  })

  it('passes over such lines when asked, and says which', () => {
    const list = parseTargetFile('1.2.3.4\n\n1.2.3.400\n9.9.9.9/33 # x\n5.6.7.8\n', 'list.txt', true)
    expect(list.ranges.length).toBe(2)
    expect(list.invalid).toEqual([
      { line: 3, reason: '"1.2.3.400" is not an IPv4 address' },
      { line: 4, reason: 'a prefix length is 0 to 32, not "33"' },
    ])
  })

  it('never throws anything but a coded error', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseTargetItem(text).kind === 'string'))
  })

  it.each([
    ['80', [80]],
    ['443,80,80', [80, 443]],
    ['100-103,80', [80, 100, 101, 102, 103]],
    ['0,65535', [0, 65535]],
  ])('reads ports %s', (text, expected) => {
    expect([...parsePorts(text)]).toEqual(expected)
  })

  it('reads * as all ports and refuses what is none', () => {
    expect(parsePorts('*').length).toBe(65536)
    for (const wrong of ['', 'http', '70000', '5-1', '1-', '-1']) expect(() => parsePorts(wrong)).toThrow('not a port')
  })
})

describe('selection', () => {
  const select = (targets: string[] | null, more: { allow?: string[]; block?: string[]; open?: string[] } = {}) =>
    selectAddresses({
      targets: targets === null ? null : parseTargetArguments(targets).ranges,
      allowlist: more.allow === undefined ? null : parseTargetArguments(more.allow).ranges,
      blocklist: parseTargetArguments(more.block ?? []).ranges,
      opened: parseTargetArguments(more.open ?? []).ranges,
    })

  it('leaves every special-purpose range out of the whole Internet', () => {
    const { addresses, leftOut } = select(null)
    const special = cidrSet(parseTargetArguments(SPECIAL_PURPOSE_IPV4.map((each) => each.prefix)).ranges)
    expect(addresses.size).toBe(2 ** 32 - special.size)
    expect(leftOut.specialPurpose).toBe(special.size)
    for (const each of SPECIAL_PURPOSE_IPV4) {
      const first = parseIpv4(each.prefix.split('/')[0]!)!
      expect(specialPurposeOf(first)).toBeDefined()
    }
  })

  it('opens a special-purpose range by name, and only that', () => {
    expect(select(['10.64.0.0/12'], { open: ['10.64.0.0/12'] }).addresses.size).toBe(2 ** 20)
    expect(() => select(['10.64.0.0/12'], { open: ['192.168.0.0/16'] })).toThrow('10.0.0.0/8 (private use, RFC 1918)')
  })

  it('counts what it leaves out of a target that is partly allowed', () => {
    const { addresses, leftOut } = select(['1.0.0.0/24'], { allow: ['1.0.0.0/25'], block: ['1.0.0.0/26'] })
    expect([addresses.size, leftOut.allowlist, leftOut.blocklist]).toEqual([64, 128, 64])
  })

  it('refuses a target of which nothing is left, with the reason', () => {
    expect(() => select(['1.0.0.0/24', '2.0.0.1'], { allow: ['1.0.0.0/8'] })).toThrow(
      '2.0.0.1 is outside the allowlist',
    )
    expect(() => select(['1.0.0.1'], { block: ['1.0.0.0/8'] })).toThrow('1.0.0.1 is on the blocklist')
  })
})
