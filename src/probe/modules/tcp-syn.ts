/**
 * TCP SYN: which ports are open, without a connection. The options are those of a common system, because middleboxes
 * drop a SYN that no system sends (Durumeric and others, "Ten Years of ZMap", 2024). Windows' set is zmap's default, too.
 */

import { type ReplyField, replyData, type Value } from '../../core/reply-field.ts'
import { buildTcpOptions, parseTcpOptions, TCP_FLAG, type TcpOption } from '../../wire/tcp.ts'
import { type CookieKey, fillCookie, makeCookie } from '../cookie.ts'
import type { ProbeModule } from './contract.ts'
import { wrongArgs } from './probe-args.ts'
import { prepareTcpProbe } from './tcp-probe.ts'

const MSS: TcpOption = { kind: 'mss', value: 1460 }
const NOP: TcpOption = { kind: 'nop' }
const SACK: TcpOption = { kind: 'sack-permitted' }
/** More counts as this (RFC 7323, section 2.3). */
const MAX_SHIFT = 14
const windowScale = (shift: number): TcpOption => ({ kind: 'window-scale', shift })

/** Named as zmap names them. `timestamps` differs from run to run and is the same within one. */
const OPTION_SETS: Readonly<Record<string, (timestamps: TcpOption) => TcpOption[]>> = {
  windows: () => [MSS, NOP, windowScale(8), NOP, NOP, SACK],
  linux: (timestamps) => [MSS, SACK, timestamps, NOP, windowScale(7)],
  bsd: (timestamps) => [MSS, NOP, windowScale(6), NOP, NOP, timestamps, SACK, { kind: 'end' }],
  'smallest-probes': () => [MSS],
}
const DEFAULT_SET = 'windows'
const ARGS_HELP = `whose TCP options: ${Object.keys(OPTION_SETS).join(', ')} (default: ${DEFAULT_SET})`

const optionsFor = (args: string | null, key: CookieKey): Uint8Array => {
  const name = args ?? DEFAULT_SET
  const set = Object.hasOwn(OPTION_SETS, name) ? OPTION_SETS[name] : undefined
  if (set === undefined) throw wrongArgs('tcp-syn', name, ARGS_HELP)
  const cookie = makeCookie()
  fillCookie(cookie, key, 0, 0)
  return buildTcpOptions(set({ kind: 'timestamps', value: cookie.second, echo: 0 }))
}

const optionField = <K extends TcpOption['kind']>(
  name: string,
  help: string,
  kind: K,
  read: (option: Extract<TcpOption, { kind: K }>) => Value,
): ReplyField => ({
  name,
  help,
  type: 'int',
  get(batch, row) {
    const data = replyData(batch, row)
    const option = parseTcpOptions(data, 0, data.length)?.find((each) => each.kind === kind)
    return option === undefined ? null : read(option as Extract<TcpOption, { kind: K }>)
  },
})

export const tcpSyn: ProbeModule = {
  name: 'tcp-syn',
  aliases: ['tcp_synscan'],
  help: 'TCP SYN to each port: open (SYN-ACK) or closed (RST)',
  protocol: 'tcp',
  keepsBytes: 40,
  usesPorts: true,
  success: ['syn-ack'],
  argsHelp: ARGS_HELP,
  fields: [
    optionField('tcpopt_mss', 'largest segment that it takes, bytes', 'mss', ({ value }) => value),
    optionField(
      'tcpopt_wscale',
      'factor of its window',
      'window-scale',
      ({ shift }) => 2 ** Math.min(shift, MAX_SHIFT),
    ),
    optionField('tcpopt_sack_perm', '1 when it takes selective acknowledgements', 'sack-permitted', () => 1),
    optionField('tcpopt_ts_val', 'its timestamp', 'timestamps', ({ value }) => value),
    optionField('tcpopt_ts_ecr', 'our timestamp as it came back', 'timestamps', ({ echo }) => echo),
  ],
  prepare: (setup) =>
    prepareTcpProbe(setup, {
      flags: TCP_FLAG.syn,
      options: optionsFor(setup.args, setup.key),
      // Some stacks and firewalls acknowledge a refused SYN with the bare sequence number.
      isRstRight: (_sequence, acknowledgement, cookie) => acknowledgement === cookie.first,
      rstFlags: 0,
      keepsOptions: true,
    }),
}
