/**
 * TCP SYN-ACK out of the blue: a host that has no such connection refuses it with an RST (RFC 9293, section 3.5.2), so
 * that hosts are found whose firewall only drops SYNs. The RST's sequence number is what the probe acknowledged.
 */

import { REPLY_SUCCESS } from '../../core/reply-batch.ts'
import { buildTcpOptions, TCP_FLAG } from '../../wire/tcp.ts'
import type { ProbeModule } from './contract.ts'
import { refuseArgs } from './probe-args.ts'
import { prepareTcpProbe } from './tcp-probe.ts'

const OPTIONS = buildTcpOptions([{ kind: 'mss', value: 1460 }])

export const tcpSynack: ProbeModule = {
  name: 'tcp-synack',
  aliases: ['tcp_synackscan'],
  help: 'TCP SYN-ACK to each port: who refuses it (RST) is there',
  protocol: 'tcp',
  keepsBytes: 0,
  usesPorts: true,
  success: ['rst', 'syn-ack'],
  argsHelp: null,
  fields: [],
  prepare(setup) {
    refuseArgs('tcp-synack', setup.args)
    return prepareTcpProbe(setup, {
      flags: TCP_FLAG.syn | TCP_FLAG.ack,
      options: OPTIONS,
      isRstRight: (sequence, _acknowledgement, { second }) => sequence === second || sequence === (second + 1) >>> 0,
      rstFlags: REPLY_SUCCESS,
      keepsOptions: false,
    })
  },
}
