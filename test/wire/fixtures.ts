/** Packets byte for byte. `tcpdump -nvvv` reads them as the comments say, all checksums correct. */

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

/** 192.0.2.1.40000 > 198.51.100.7.443: [S], seq 0xdeadbeef, win 64240, [mss 1460,sackOK,TS val 16909060 ecr 0,nop,wscale 7], ttl 64, id 48879, DF */
export const TCP_SYN = fromHex(
  '4500003cbeef400040068f90c0000201c63364079c4001bbdeadbeef00000000a002faf021340000020405b40402080a010203040000000001030307',
)

/** 192.0.2.1.50000 > 198.51.100.7.53: 4660+ A? example.com., ttl 55, id 1 */
export const UDP_DNS = fromHex(
  '450000390001000037119777c0000201c6336407c350003500256e40123401000001000000000000076578616d706c6503636f6d0000010001',
)

/** 192.0.2.1 > 198.51.100.7: ICMP echo request, id 4660, seq 7, 13 bytes of data, ttl 255, id 2 */
export const ICMP_ECHO = fromHex('4500002900020000ff01cf95c0000201c633640708001258123400076162636465666768696a6b6c6d')

/** 198.51.100.7 > 192.0.2.1: ICMP port unreachable, quoting 28 bytes of UDP_DNS, ttl 60, id 3 */
export const ICMP_PORT_UNREACHABLE = fromHex(
  '45000038000300003c019286c6336407c00002010303cb1100000000450000390001000037119777c0000201c6336407c350003500256e40',
)

/** 2001:db8::1 > 2001:db8:0:1::2: ICMPv6 echo request, id 1, seq 2, data "ping", flow label 0x12345, hop limit 64 */
export const ICMPV6_ECHO = fromHex(
  '60012345000c3a4020010db800000000000000000000000120010db80000000100000000000000028000456f0001000270696e67',
)

/** The IPv4 header that textbooks use: checksum 0xb861. */
export const TEXTBOOK_IPV4 = fromHex('45000073000040004011b861c0a80001c0a800c7')
