/** The words of a capture filter, and where they stand. */

import { InterplotError } from '../../core/errors.ts'

export type TokenKind = 'word' | 'number' | 'ipv4' | 'ipv6' | 'mac' | 'symbol' | 'end'

export interface FilterToken {
  kind: TokenKind
  /** Lower case; without the backslash that takes a word's special meaning. */
  text: string
  /** From 1. */
  column: number
}

const MAX_TEXT = 16_384

const ADVICE =
  'Understood are: host, net, port, portrange with src, dst and a protocol; ip, ip6, arp, tcp, udp, icmp, icmp6, sctp, …; proto; ether host; vlan, ' +
  'pppoes; less, greater, len; broadcast, multicast; inbound, outbound; byte expressions like tcp[tcpflags] & tcp-syn != 0; and, or, not, ( ). ' +
  'An installed tcpdump can compile the rest of pcap-filter(7).'

export const filterError = (text: string, column: number, wrong: string, advice: string = ADVICE): InterplotError => {
  const rest = text.slice(column - 1).trim()
  const place =
    rest === '' ? 'at its end' : `at column ${column} ("${rest.length > 30 ? `${rest.slice(0, 30)}…` : rest}")`
  return new InterplotError('ERR_USAGE', `the capture filter is not understood ${place}: ${wrong}`, { advice })
}

/** In this order; within brackets a colon stands between offset and size, so addresses with colons are looked for outside only. */
const OUTSIDE: readonly [TokenKind, RegExp][] = [
  ['mac', /[0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){5}(?![0-9a-z:.])/iy],
  ['ipv6', /(?=[0-9a-f]*:[0-9a-f]*:)[0-9a-f:]+(?:\d+\.\d+\.\d+\.\d+)?(?![0-9a-z:.])/iy],
]
const ANYWHERE: readonly [TokenKind, RegExp][] = [
  ['ipv4', /\d+(?:\.\d+){1,3}(?![0-9a-z_.])/iy],
  ['number', /(?:0x[0-9a-f]+|\d+)(?![0-9a-z_.])/iy],
  ['word', /\\?[a-z_][a-z0-9_]*(?:[-.][a-z0-9_]+)*/iy],
  ['symbol', /&&|\|\||<<|>>|<=|>=|!=|==|[()[\]:!&|^<>=+\-*/%]/y],
]

/** @throws InterplotError ERR_USAGE for what is no word. */
export const filterTokens = (text: string): FilterToken[] => {
  if (text.length > MAX_TEXT) throw filterError(text, MAX_TEXT, `it is longer than ${MAX_TEXT} letters`)
  const tokens: FilterToken[] = []
  let brackets = 0
  let at = 0
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at += 1
    if (at >= text.length) break
    let length = 0
    for (const [kind, pattern] of brackets > 0 ? ANYWHERE : [...OUTSIDE, ...ANYWHERE]) {
      pattern.lastIndex = at
      const found = pattern.exec(text)
      if (found === null) continue
      length = found[0].length
      tokens.push({ kind, text: found[0].toLowerCase().replace('\\', ''), column: at + 1 })
      if (found[0] === '[') brackets += 1
      if (found[0] === ']') brackets -= 1
      break
    }
    if (length === 0) throw filterError(text, at + 1, 'no word of the language begins like that')
    at += length
  }
  tokens.push({ kind: 'end', text: '', column: text.length + 1 })
  return tokens
}
