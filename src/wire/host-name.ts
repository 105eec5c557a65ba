/** Names of hosts as strangers' packets hold them: only what can be shown as it is, and no longer than a domain name may be. */

/** RFC 1035, section 2.3.4, as text: 255 bytes on the wire less the first length and the root. */
const NAME_MAX = 253
/** Printable ASCII without space; the backslash escapes what is not printable (wire/dns-name.ts). */
const SHOWN = /^[!-[\]-~]+$/

/** In lower case (names differ by more than case: RFC 4343), without the last dot; null for what is not to be shown. */
export const hostNameOf = (text: string): string | null => {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text
  return bare.length <= NAME_MAX && SHOWN.test(bare) ? bare.toLowerCase() : null
}
