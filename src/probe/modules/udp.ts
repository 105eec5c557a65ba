/** UDP with a payload of the person's choice: who answers a datagram. */

import type { PreparedProbe, ProbeModule, ProbeSetup } from './contract.ts'
import { makePayloadTemplate, TEMPLATE_FIELDS } from './payload-template.ts'
import { greeting, PAYLOAD_ARGS, payloadFile, payloadOf, splitArgs, wrongArgs } from './probe-args.ts'
import { prepareUdpProbe, UDP_KEPT_BYTES, udpPacketSize } from './udp-probe.ts'

const ARGS_HELP = [
  `${PAYLOAD_ARGS}, the payload (default: a line that says who asks)`,
  'template:PATH, a file in which these are replaced for each target:',
  ...TEMPLATE_FIELDS.map(({ name, help }) => `  \${${name}}  ${help}`),
].join('\n')

const prepare = (setup: ProbeSetup): PreparedProbe => {
  const { args, argsBytes, contact } = setup
  if (args === null) {
    return prepareUdpProbe(setup, { payloads: [new TextEncoder().encode(`${greeting(contact)}\r\n`)] })
  }
  if (splitArgs(args).kind !== 'template') {
    return prepareUdpProbe(setup, { payloads: [payloadOf({ module: 'udp', args, argsBytes, takes: ARGS_HELP })] })
  }
  if (argsBytes === undefined) throw wrongArgs('udp', args, ARGS_HELP)
  const template = makePayloadTemplate(argsBytes, setup.key)
  return prepareUdpProbe(setup, {
    payloads: [],
    maxPayloadBytes: template.maxBytes,
    writePayload: template.write,
  })
}

export const udp: ProbeModule = {
  name: 'udp',
  help: 'UDP datagram to each port, with a payload of your choice',
  protocol: 'udp',
  keepsBytes: UDP_KEPT_BYTES,
  usesPorts: true,
  success: ['udp'],
  argsHelp: ARGS_HELP,
  argsFile(args) {
    const { kind, rest } = splitArgs(args)
    return kind === 'template' ? rest : payloadFile(args)
  },
  fields: [udpPacketSize],
  prepare,
}
