/** What a host that has answered says over a connection: the first bytes, and what they mean as far as anybody can tell. */

/**
 * How asking went. read: it said something, or showed a certificate. silent: connected, and nothing came in time. closed: it
 * hung up without a word. refused, unreachable: no connection. tls-failed: it does not speak the TLS that was expected.
 */
export const BANNER_OUTCOMES = ['read', 'silent', 'closed', 'refused', 'unreachable', 'tls-failed'] as const
export type BannerOutcome = (typeof BANNER_OUTCOMES)[number]

export interface TlsFacts {
  /** `TLSv1.3` */
  version: string
  /** Of the certificate: alternative names, and the common name where it is none of them. */
  names: string[]
  issuer: string | null
  /** ISO 8601. */
  notBefore: string | null
  notAfter: string | null
}

export interface Banner {
  address: number
  port: number
  /** When it was complete, microseconds since the Unix epoch. */
  timeUs: number
  outcome: BannerOutcome
  /** What it speaks, where that shows: http, ssh, smtp, … */
  protocol: string | null
  /** The first bytes. */
  bytes: Uint8Array
  title: string | null
  tls: TlsFacts | null
}
