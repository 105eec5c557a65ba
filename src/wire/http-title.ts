/** The title of an HTML page in the beginning of an HTTP answer (RFC 9112 for the message, the HTML standard for the element). */

const MAX_TITLE = 200
/** Bounded everywhere: the page is a stranger's. */
const TITLE = /<title(?:\s[^>]{0,200})?>([^<]{0,1000})/i
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

const entity = (whole: string, name: string): string => {
  const number = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name)
  if (number === null) return Object.hasOwn(ENTITIES, name.toLowerCase()) ? ENTITIES[name.toLowerCase()]! : whole
  const code = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole
}

/** @returns null when the bytes are no HTTP answer, or have no title. */
export const httpTitle = (bytes: Uint8Array): string | null => {
  const text = new TextDecoder().decode(bytes)
  if (!text.startsWith('HTTP/')) return null
  const found = TITLE.exec(text)?.[1]?.replace(/&(#?\w{1,8});/g, entity)
  // Control characters have no place in a title and can drive a terminal.
  const title = found?.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim()
  return title === undefined || title === '' ? null : title.slice(0, MAX_TITLE)
}
