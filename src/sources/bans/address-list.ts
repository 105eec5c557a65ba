/**
 * Lists: an address or network a line, with comments behind `#` or `;` (as Spamhaus' DROP has them), DROP's JSON lines (`{"cidr": …, "sblid": …}`),
 * `ipset save` (`add NAME ADDR timeout 600`) and `nft list ruleset` (`elements = { ADDR expires 59m, … }`).
 */

import type { BanEvent } from '../../core/ban.ts'
import { notAnAddress, parseBannedAddress } from '../../core/banned-address.ts'
import type { BanContext, BanFinding, BanFormat, BanLines, LineReading } from './contract.ts'
import { parseDurationUs } from './go-duration.ts'
import { parseJsonObject } from './json-object.ts'

const withoutComment = (line: string): string => {
  const comment = line.search(/[#;]/)
  return (comment < 0 ? line : line.slice(0, comment)).trim()
}

/** Words behind an entry of a set: `timeout 600 packets 3`. */
const leftUs = (words: readonly string[]): number | null => {
  // What is left, or where only the whole is said, as much as that.
  const at = words.includes('expires') ? words.indexOf('expires') : words.indexOf('timeout')
  const left = at < 0 ? null : parseDurationUs(words[at + 1] ?? '')
  return left === null || left === 0 ? null : left
}

const entry = (text: string, jail: string, words: readonly string[], context: BanContext): BanFinding => {
  const found = parseBannedAddress(text)
  if (found === null) return notAnAddress(text)
  const event: BanEvent = { act: 'ban', ...found, jail, timeUs: null }
  const left = leftUs(words)
  if (left !== null) event.endsUs = context.nowUs() + left
  return event
}

const NFT_SET = /^\s*set ([\w.-]{1,64}) \{\s*$/
const NFT_TABLE = /^\s*table \w+ [\w.-]+ \{\s*$/
const NFT_ELEMENTS = /^\s*elements = \{/
const IPSET = /^(add|create) (\S{1,64}) (\S+)(?: (.*))?$/

const isListLine = (line: string): boolean => {
  const text = withoutComment(line)
  if (text !== '') return parseBannedAddress(text) !== null
  return false
}

const isDropObject = (line: string): boolean => typeof parseJsonObject(line)?.['cidr'] === 'string'
const isSetLine = (line: string): boolean =>
  NFT_TABLE.test(line) ||
  /^create \S+ (?:hash|bitmap|list):\S+ /.test(line) ||
  /^add \S+ [\d.:a-fA-F/]+(?: |$)/.test(line)

const elements = (text: string, jail: string, context: BanContext): BanFinding[] =>
  text.split(',').flatMap((each) => {
    const [first = '', ...words] = each.trim().split(/\s+/)
    return first === '' ? [] : [entry(first, jail, words, context)]
  })

const open = (context: BanContext): BanLines => {
  /** Of nftables: the set, undefined outside of one; whether its elements go on in the next line. */
  let [set, inElements, ruleset] = [undefined as string | undefined, false, false]
  const nft = (line: string): LineReading => {
    const named = NFT_SET.exec(line)
    if (named !== null) {
      set = named[1]!
      return null
    }
    if (set === undefined) return null
    let text = line
    if (!inElements) {
      if (!NFT_ELEMENTS.test(line)) {
        if (line.trim() === '}') set = undefined
        return null
      }
      inElements = true
      text = line.slice(line.indexOf('{') + 1)
    }
    const end = text.indexOf('}')
    if (end >= 0) inElements = false
    return elements(end < 0 ? text : text.slice(0, end), set, context)
  }
  return {
    read(line) {
      if (NFT_TABLE.test(line)) ruleset = true
      if (ruleset) return nft(line)
      const text = withoutComment(line)
      if (text === '') return null
      const found = IPSET.exec(text)
      if (found !== null)
        return found[1] === 'create' ? null : entry(found[3]!, found[2]!, (found[4] ?? '').split(' '), context)
      const object = parseJsonObject(line)
      // DROP ends in an object about the list itself.
      if (object !== null) return typeof object['cidr'] === 'string' ? entry(object['cidr'], '', [], context) : null
      return entry(text, '', [], context)
    },
  }
}

export const addressList: BanFormat = {
  name: 'address-list',
  aliases: ['list', 'ipset', 'nft'],
  help: 'an address or network a line, ipset save, nft list ruleset',
  recognizes(lines) {
    const significant = lines.filter((line) => withoutComment(line) !== '')
    const fits = significant.filter(isListLine).length
    // One word that is none does not make prose of a list.
    return (
      (fits > 0 && fits * 2 >= significant.length) || significant.some((line) => isDropObject(line) || isSetLine(line))
    )
  },
  open,
}
