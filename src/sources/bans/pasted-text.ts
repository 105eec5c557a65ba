/**
 * Pasted text, as people paste it: addresses between blanks, commas, semicolons and line ends. What is none is refused by itself, with its column.
 *
 * It is recognized only where most words are addresses: a configuration, `/etc/hosts` or the log of another program names
 * addresses that nobody banned. Whoever means such a text says the format.
 */

import { notAnAddress, parseBannedAddress } from '../../core/banned-address.ts'
import type { BanFinding, BanFormat } from './contract.ts'

const WORD = /[^\s,;]+/g
/** Around an address in a sentence or another program's list. */
const AROUND = /^[([{<"'`]+|[)\]}>"'`.!?]+$/g

const addressIn = (word: string): ReturnType<typeof parseBannedAddress> =>
  parseBannedAddress(word) ?? (word.length <= 64 ? parseBannedAddress(word.replaceAll(AROUND, '')) : null)

const read = (line: string): BanFinding[] => {
  const findings: BanFinding[] = []
  for (const { 0: word, index } of line.matchAll(WORD)) {
    const found = addressIn(word)
    findings.push(
      found === null ? { ...notAnAddress(word), column: index + 1 } : { act: 'ban', ...found, jail: '', timeUs: null },
    )
  }
  return findings
}

export const pastedText: BanFormat = {
  name: 'pasted-text',
  aliases: ['text'],
  help: 'addresses anywhere in text, between blanks and commas',
  lastResort: true,
  recognizes(lines) {
    const words = lines.flatMap((line) => line.match(WORD) ?? [])
    return words.filter((word) => addressIn(word) !== null).length * 2 > words.length
  },
  open: () => ({ read }),
}
