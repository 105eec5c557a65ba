/**
 * Capture filters by an installed tcpdump: `tcpdump -y TYPE -dd EXPRESSION` prints the program as rows of numbers, without opening an interface. For what
 * capture-expression.ts does not understand. It may look up names of hosts. Source: tcpdump(1).
 */

import { InterplotError, systemErrorCode } from '../../core/errors.ts'
import { LINK_TYPE } from '../../wire/link-type.ts'
import type { BpfInstruction } from '../bpf-assembler.ts'

/** tcpdump's names of link types. */
const TYPE_NAMES: ReadonlyMap<number, string> = new Map<number, string>([
  [LINK_TYPE.null, 'NULL'],
  [LINK_TYPE.ethernet, 'EN10MB'],
  [LINK_TYPE.ppp, 'PPP'],
  [LINK_TYPE.rawBsd, 'RAW'],
  [LINK_TYPE.rawOpenBsd, 'RAW'],
  [LINK_TYPE.pppHdlc, 'PPP_SERIAL'],
  [LINK_TYPE.pppoe, 'PPP_ETHER'],
  [LINK_TYPE.raw, 'RAW'],
  [LINK_TYPE.loop, 'LOOP'],
  [LINK_TYPE.linuxSll, 'LINUX_SLL'],
  [LINK_TYPE.ipv4, 'IPV4'],
  [LINK_TYPE.ipv6, 'IPV6'],
  [LINK_TYPE.linuxSll2, 'LINUX_SLL2'],
])
const ROW = /^\{ (0x[0-9a-f]+), (\d+), (\d+), (0x[0-9a-f]+) \},$/
const TIMEOUT_MS = 10_000
const INSTALL = 'Install it (Debian: apt-get install tcpdump), or write the filter without what is not understood.'

/** The rows that `-dd` prints, or null for anything else. */
export const parseProgramRows = (text: string): BpfInstruction[] | null => {
  const rows = text
    .trim()
    .split('\n')
    .map((line) => ROW.exec(line.trim()))
  const program: BpfInstruction[] = []
  for (const row of rows) {
    if (row === null) return null
    const [code, jumpTrue, jumpFalse, operand] = row.slice(1).map(Number)
    program.push({ code: code!, jumpTrue: jumpTrue!, jumpFalse: jumpFalse!, operand: operand! })
  }
  return program
}

/** @throws InterplotError ERR_USAGE for what tcpdump refuses, ERR_CHILD_PROCESS when it cannot be run. */
export const compileWithTcpdump = async (expression: string, linkType: number): Promise<BpfInstruction[]> => {
  const type = TYPE_NAMES.get(linkType)
  if (type === undefined) {
    throw new InterplotError('ERR_USAGE', `no capture filter can be used on packets of the link type ${linkType}`, {
      advice: 'Leave the filter out.',
    })
  }
  const { execa } = await import('execa')
  // Behind "--", an expression that begins with "-" is no option.
  const result = await execa('tcpdump', ['-y', type, '-dd', '--', expression], {
    reject: false,
    timeout: TIMEOUT_MS,
    stdin: 'ignore',
  })
  if (result.exitCode === undefined) {
    const isMissing = systemErrorCode(result.cause) === 'ENOENT' || result.code === 'ENOENT'
    const wrong = isMissing ? 'tcpdump is not installed' : `tcpdump could not be run: ${result.shortMessage}`
    throw new InterplotError('ERR_CHILD_PROCESS', wrong, { advice: INSTALL, cause: result })
  }
  if (result.exitCode !== 0) {
    const wrong = (result.stderr.trim().split('\n').at(-1) ?? '').replace(/^tcpdump: /, '')
    throw new InterplotError('ERR_USAGE', `tcpdump does not understand the capture filter: ${wrong}`, {
      advice: 'pcap-filter(7) describes the language.',
    })
  }
  const program = parseProgramRows(result.stdout)
  if (program !== null) return program
  throw new InterplotError('ERR_CHILD_PROCESS', 'tcpdump printed no program', { advice: INSTALL })
}
