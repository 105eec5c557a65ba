/** Which protocol a server's first bytes are of, by how they begin: RFC 4253 (SSH), 9112 (HTTP), 5321 (SMTP), 959 (FTP), 1939 (POP3), 3501 (IMAP), 6143 (VNC), 3977 (NNTP), 2326 (RTSP). */

const BEGINNINGS: readonly (readonly [string, RegExp])[] = [
  ['http', /^HTTP\/\d/],
  ['ssh', /^SSH-\d/],
  ['rtsp', /^RTSP\/\d/],
  ['vnc', /^RFB \d{3}\./],
  ['pop3', /^\+OK/],
  ['imap', /^\* (?:OK|PREAUTH|BYE)/],
  ['smtp', /^[245]\d\d[ -][^\n]{0,300}\be?smtp\b/i],
  ['ftp', /^[245]\d\d[ -][^\n]{0,300}ftp/i],
  ['nntp', /^20[01] [^\n]{0,300}\b(?:nntp|news)/i],
  ['redis', /^-(?:ERR|DENIED|NOAUTH) /],
  // Packet length and number 0, protocol version 10, server version.
  ['mysql', /^[^\0]\0\0\0\n[\x20-\x7e]+\0/],
  ['telnet', /^\xff[\xfb-\xfe]/],
]
const ENOUGH_BYTES = 512

/** @returns null when nothing tells. */
export const bannerProtocol = (bytes: Uint8Array): string | null => {
  const text = Buffer.from(bytes.subarray(0, ENOUGH_BYTES)).toString('latin1')
  return BEGINNINGS.find(([, beginning]) => beginning.test(text))?.[0] ?? null
}
