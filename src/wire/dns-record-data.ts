/**
 * The data of DNS records as text, in the presentation format of the RFCs that define the types: each type is a list of
 * parts, read one after the other. Data that its type's parts do not use up exactly are malformed.
 *
 * RFC 1035 (A to TXT), 1183 (RP, AFSDB), 2782 (SRV), 3403 (NAPTR), 3596 (AAAA), 4034 (DS, RRSIG, NSEC, DNSKEY), 4255 (SSHFP),
 * 5155 (NSEC3), 6672 (DNAME), 6698 (TLSA), 7344 (CDS), 7553 (URI), 8659 (CAA), 9460 (SVCB, HTTPS).
 */

import { readUint16 } from './bytes.ts'
import {
  base64Rest,
  type Cursor,
  hash,
  hex,
  hexRest,
  ipv4Part,
  ipv6Part,
  name,
  nameOrRoot,
  type Part,
  quoted,
  quotedRest,
  salt,
  strings,
  tag,
  take,
  time,
  type,
  types,
  u8,
  u16,
  u32,
} from './dns-data-part.ts'
import { dnsTypeName } from './dns-type.ts'

/** Keys of SVCB parameters (RFC 9460, section 14.3.2). */
const SERVICE_KEYS = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint'] as const

/** Values one after the other, joined by commas; null when one is cut short. */
const list = (bytes: Uint8Array, part: Part): string | null => {
  const cursor = { message: bytes, at: 0, end: bytes.length }
  const values: string[] = []
  while (cursor.at < cursor.end) {
    const value = part(cursor)
    if (value === null) return null
    values.push(value)
  }
  return values.join(',')
}

const serviceValue = (key: string, bytes: Uint8Array): string | null => {
  switch (key) {
    case 'alpn':
      return list(bytes, tag)
    case 'port':
      return list(bytes, u16)
    case 'ipv4hint':
      return list(bytes, ipv4Part)
    case 'ipv6hint':
      return list(bytes, ipv6Part)
    case 'ech':
      return Buffer.from(bytes).toString('base64')
    default:
      return hex(bytes)
  }
}

const serviceParameters: Part = (cursor) => {
  const parameters: string[] = []
  while (cursor.at < cursor.end) {
    const head = take(cursor, 4)
    const bytes = head === null ? null : take(cursor, readUint16(head, 2))
    if (head === null || bytes === null) return null
    const number = readUint16(head, 0)
    const key = SERVICE_KEYS[number] ?? `key${number}`
    const value = serviceValue(key, bytes)
    if (value === null) return null
    parameters.push(bytes.length === 0 ? key : `${key}=${value}`)
  }
  return parameters.join(' ')
}

const DIGEST = [u16, u8, u8, hexRest]
const KEY = [u16, u8, u8, base64Rest]
const CERTIFICATE = [u8, u8, u8, hexRest]
const SERVICE = [u16, nameOrRoot, serviceParameters]
const SIGNATURE = [type, u8, u8, u32, time, time, u16, nameOrRoot, base64Rest]

const LAYOUTS: Readonly<Record<string, readonly Part[]>> = {
  A: [ipv4Part],
  NS: [name],
  CNAME: [name],
  SOA: [nameOrRoot, nameOrRoot, u32, u32, u32, u32, u32],
  PTR: [name],
  HINFO: [quoted, quoted],
  MX: [u16, nameOrRoot],
  TXT: [strings],
  RP: [nameOrRoot, nameOrRoot],
  AFSDB: [u16, nameOrRoot],
  AAAA: [ipv6Part],
  SRV: [u16, u16, u16, nameOrRoot],
  NAPTR: [u16, u16, quoted, quoted, quoted, nameOrRoot],
  DNAME: [name],
  DS: DIGEST,
  SSHFP: [u8, u8, hexRest],
  RRSIG: SIGNATURE,
  NSEC: [nameOrRoot, types],
  DNSKEY: KEY,
  NSEC3: [u8, u8, u16, salt, hash, types],
  NSEC3PARAM: [u8, u8, u16, salt],
  TLSA: CERTIFICATE,
  SMIMEA: CERTIFICATE,
  CDS: DIGEST,
  CDNSKEY: KEY,
  OPENPGPKEY: [base64Rest],
  SVCB: SERVICE,
  HTTPS: SERVICE,
  SPF: [strings],
  URI: [u16, u16, quotedRest],
  CAA: [u8, tag, quotedRest],
}

/** The data from `from` to before `end` as text; null when the type is none of these, or the data are not of it. */
export const readDnsRecordData = (
  message: Uint8Array,
  recordType: number,
  from: number,
  end: number,
): string | null => {
  const layout = LAYOUTS[dnsTypeName(recordType)]
  if (layout === undefined) return null
  const cursor: Cursor = { message, at: from, end }
  const texts: string[] = []
  for (const part of layout) {
    const text = part(cursor)
    if (text === null) return null
    texts.push(text)
  }
  if (cursor.at !== end) return null
  // A list may be empty, and then leaves no blank behind; a text alone is taken as it is.
  return texts.length === 1 ? texts[0]! : texts.filter((text) => text !== '').join(' ')
}
