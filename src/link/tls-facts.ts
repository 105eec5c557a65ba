/** What a TLS server shows of itself, out of Node.js' view of its certificate. Everything in it is a stranger's text. */

import type { TLSSocket } from 'node:tls'
import type { TlsFacts } from '../core/banner.ts'

const MAX_NAMES = 100
const MAX_NAME_LENGTH = 255

const clean = (text: string): string =>
  text
    .replace(/[^\x21-\x7e\u00a1-\uffff ]/g, '')
    .trim()
    .slice(0, MAX_NAME_LENGTH)

/** Quoted as a JSON string where it has characters that could be taken for another name. */
const unquoted = (text: string): string => {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return text
  }
}

/** `DNS:a.example, IP Address:192.0.2.1, DNS:"with\\u002c comma"` → the names. */
export const alternativeNames = (text: string): string[] => {
  const names: string[] = []
  const part = /(?:DNS|IP Address|URI|email):(?:"((?:[^"\\]|\\.)*)"|([^,]*))/g
  for (const [, quoted, plain] of text.matchAll(part)) {
    const name = clean(quoted === undefined ? plain! : unquoted(quoted))
    if (name !== '') names.push(name)
    if (names.length === MAX_NAMES) break
  }
  return names
}

const first = (value: unknown): string | null => {
  const text: unknown = Array.isArray(value) ? value[0] : value
  return typeof text === 'string' && clean(text) !== '' ? clean(text) : null
}

const isoDate = (text: unknown): string | null => {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? null : new Date(ms).toISOString()
}

/** @returns null when there is no TLS connection. */
export const tlsFacts = (socket: TLSSocket): TlsFacts | null => {
  const version = socket.getProtocol()
  if (version === null) return null
  const none: TlsFacts = { version, names: [], issuer: null, notBefore: null, notAfter: null }
  try {
    const { subject, issuer, subjectaltname, valid_from, valid_to } = socket.getPeerCertificate(false)
    const names = alternativeNames(subjectaltname ?? '')
    const common = first(subject?.CN)
    if (common !== null && !names.includes(common)) names.unshift(common)
    return {
      version,
      names,
      issuer: first(issuer?.CN) ?? first(issuer?.O),
      notBefore: isoDate(valid_from),
      notAfter: isoDate(valid_to),
    }
  } catch {
    // A certificate that Node.js cannot take apart says nothing.
    return none
  }
}
