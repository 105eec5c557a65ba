/** Record types of the DNS by number and by name (IANA, "Resource Record (RR) TYPEs"). */

const TYPES: readonly (readonly [number, string])[] = [
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [12, 'PTR'],
  [13, 'HINFO'],
  [15, 'MX'],
  [16, 'TXT'],
  [17, 'RP'],
  [18, 'AFSDB'],
  [24, 'SIG'],
  [25, 'KEY'],
  [28, 'AAAA'],
  [29, 'LOC'],
  [33, 'SRV'],
  [35, 'NAPTR'],
  [37, 'CERT'],
  [39, 'DNAME'],
  [41, 'OPT'],
  [43, 'DS'],
  [44, 'SSHFP'],
  [46, 'RRSIG'],
  [47, 'NSEC'],
  [48, 'DNSKEY'],
  [50, 'NSEC3'],
  [51, 'NSEC3PARAM'],
  [52, 'TLSA'],
  [53, 'SMIMEA'],
  [59, 'CDS'],
  [60, 'CDNSKEY'],
  [61, 'OPENPGPKEY'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [99, 'SPF'],
  [249, 'TKEY'],
  [250, 'TSIG'],
  [251, 'IXFR'],
  [252, 'AXFR'],
  // RFC 1035 calls it *, everyone ANY, and zmap ALL.
  [255, 'ALL'],
  [256, 'URI'],
  [257, 'CAA'],
]

const NAME_OF = new Map(TYPES)
const NUMBER_OF = new Map(TYPES.map(([number, name]) => [name, number]))
NUMBER_OF.set('ANY', 255)

/** Its name, or `TYPE123` (RFC 3597, section 5). */
export const dnsTypeName = (type: number): string => NAME_OF.get(type) ?? `TYPE${type}`

/** `AAAA`, `aaaa`, `TYPE28` or `28` → 28; null for anything else. */
export const parseDnsType = (text: string): number | null => {
  const known = NUMBER_OF.get(text.toUpperCase())
  if (known !== undefined) return known
  const [, digits] = /^(?:TYPE)?(\d{1,5})$/i.exec(text) ?? []
  const number = digits === undefined ? 0 : Number(digits)
  return number > 0 && number < 65536 ? number : null
}
