/** ICMP echo: who answers a ping. */

import type { PreparedProbe, ProbeModule, ProbeSetup } from './contract.ts'
import { maxEchoPayload, prepareEchoProbe } from './icmp-echo-probe.ts'
import { checkPayloadFits, greeting, PAYLOAD_ARGS, payloadFile, payloadOf } from './probe-args.ts'

const ARGS_HELP = `${PAYLOAD_ARGS}, the payload (default: a line that says who asks)`

/** Says who asks; its length keeps the packet a multiple of four bytes. */
const defaultPayload = (contact: string | null): Uint8Array => {
  const line = new TextEncoder().encode(`${greeting(contact)}\n`)
  const padded = new Uint8Array(Math.ceil(line.length / 4) * 4).fill(0x20)
  padded.set(line)
  return padded
}

const prepare = (setup: ProbeSetup): PreparedProbe => {
  const { args, argsBytes, contact } = setup
  const payload =
    args === null ? defaultPayload(contact) : payloadOf({ module: 'icmp-echo', args, argsBytes, takes: ARGS_HELP })
  checkPayloadFits(payload.length, maxEchoPayload(setup))
  return prepareEchoProbe(setup, payload)
}

export const icmpEcho: ProbeModule = {
  name: 'icmp-echo',
  aliases: ['icmp_echoscan'],
  help: 'ICMP echo request (ping)',
  protocol: 'icmp',
  keepsBytes: 0,
  usesPorts: false,
  success: ['echo-reply'],
  argsHelp: ARGS_HELP,
  argsFile: payloadFile,
  fields: [],
  prepare,
}
