/**
 * What to say to a port whose host has answered. Servers that greet (SSH, SMTP, FTP) are listened to; those that wait for the
 * client get one HTTP request, which most of the others answer with an error that names them. TLS comes first on the ports
 * that IANA has for it, or that everybody uses for it.
 */

import { formatIpv4 } from '../core/ip.ts'

export interface BannerQuestion {
  tls: boolean
  /** What is said to a server that has said nothing for `listenMs`. */
  words: Uint8Array
  listenMs: number
}

const TLS_PORTS: ReadonlySet<number> = new Set([
  443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 2083, 2087, 2096, 2376, 4433, 4443, 5061, 5671, 6443, 6697,
  7443, 8443, 8834, 8883, 9443, 10443,
])
/** TLS, and a greeting behind it. */
const GREETING_PORTS: ReadonlySet<number> = new Set([465, 563, 990, 992, 993, 994, 995, 6697])
/** Clients speak first, for sure. */
const HTTP_PORTS: ReadonlySet<number> = new Set([
  80, 81, 82, 88, 591, 2080, 2082, 2086, 2095, 3000, 5000, 5985, 7547, 8000, 8008, 8080, 8081, 8088, 8089, 8888, 9000,
  9080, 9090, 9200,
])
const LISTEN_MS = 1500
const DEFAULT_PORTS: ReadonlySet<number> = new Set([80, 443])

/** @param contact who scans, told as a part of the user agent, or null. */
export const bannerQuestion = (address: number, port: number, contact: string | null): BannerQuestion => {
  const tls = TLS_PORTS.has(port)
  const host = DEFAULT_PORTS.has(port) ? formatIpv4(address) : `${formatIpv4(address)}:${port}`
  const comment = (contact ?? '').replace(/[^\x20-\x7e]|[()\\]/g, '').trim()
  const agent = comment === '' ? 'interplot' : `interplot (${comment})`
  const lines = ['GET / HTTP/1.1', `Host: ${host}`, `User-Agent: ${agent}`, 'Accept: */*', 'Connection: close', '', '']
  const clientSpeaks = tls ? !GREETING_PORTS.has(port) : HTTP_PORTS.has(port)
  return { tls, words: new TextEncoder().encode(lines.join('\r\n')), listenMs: clientSpeaks ? 0 : LISTEN_MS }
}
