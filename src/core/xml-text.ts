/** Text inside of XML (Extensible Markup Language 1.0, fifth edition, section 2.2 says which characters there are). */

import { escapeMarkup } from './markup-text.ts'

/** Code points that XML 1.0 has no way to write; the `u` flag makes lone surrogates code points of their own. */
const isForbidden = (codePoint: number): boolean =>
  (codePoint < 0x20 && codePoint !== 0x09 && codePoint !== 0x0a && codePoint !== 0x0d) ||
  (codePoint >= 0xd800 && codePoint <= 0xdfff) ||
  codePoint === 0xfffe ||
  codePoint === 0xffff

/** For text and for attributes in double quotes. Names come from strangers: what XML forbids is left out. */
export const xmlText = (text: string): string => {
  let out = ''
  for (const character of text) {
    if (!isForbidden(character.codePointAt(0)!)) out += character
  }
  return escapeMarkup(out)
}
