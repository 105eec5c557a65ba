/** What probe modules share in reading `--probe-args`: none at all, or a payload. */

import { InterplotError } from '../../core/errors.ts'

/** @throws InterplotError ERR_USAGE when arguments were given to a module that takes none. */
export const refuseArgs = (module: string, args: string | null): void => {
  if (args === null) return
  throw new InterplotError('ERR_USAGE', `the probe module ${module} takes no --probe-args`, {
    advice: 'Leave them out, or choose another module: interplot scan --list-probe-modules',
  })
}

/** Arguments that a module does not understand. `takes` says which it does; its first line goes into the message. */
export const wrongArgs = (module: string, args: string, takes: string): InterplotError => {
  const [first = '', ...more] = takes.split('\n')
  const rest = more.length === 0 ? '' : ` More: interplot scan -M ${module} --list-probe-modules`
  return new InterplotError('ERR_USAGE', `the probe module ${module} does not understand --probe-args "${args}"`, {
    advice: `It takes ${first}.${rest}`,
  })
}

/** The part before the first colon and the part behind it. */
export const splitArgs = (args: string): { kind: string; rest: string } => {
  const colon = args.indexOf(':')
  return colon < 0 ? { kind: '', rest: args } : { kind: args.slice(0, colon), rest: args.slice(colon + 1) }
}

export const PAYLOAD_ARGS = 'text:STRING, hex:BYTES or file:PATH'

/** The path in `file:PATH`, or null. */
export const payloadFile = (args: string): string | null => {
  const { kind, rest } = splitArgs(args)
  return kind === 'file' ? rest : null
}

/** @throws InterplotError ERR_USAGE when there are more bytes than fit into one packet of the link. */
export const checkPayloadFits = (payloadBytes: number, maxBytes: number): void => {
  if (payloadBytes <= maxBytes) return
  throw new InterplotError('ERR_USAGE', `a payload of ${payloadBytes} bytes does not fit into one packet`, {
    advice: `This link takes ${maxBytes} bytes at most.`,
  })
}

export interface PayloadArgs {
  module: string
  args: string
  argsBytes: Uint8Array | undefined
  /** What the module takes, for the message. */
  takes: string
}

/** The payload of `text:`, `hex:` or `file:`. @throws InterplotError ERR_USAGE for anything else. */
export const payloadOf = ({ module, args, argsBytes, takes }: PayloadArgs): Uint8Array => {
  const { kind, rest } = splitArgs(args)
  if (kind === 'text') return new TextEncoder().encode(rest)
  if (kind === 'hex' && /^(?:[0-9a-fA-F]{2})*$/.test(rest)) return Uint8Array.from(Buffer.from(rest, 'hex'))
  if (kind === 'file' && argsBytes !== undefined) return argsBytes
  throw wrongArgs(module, args, takes)
}

/** A line that says who asks, for payloads that nobody has chosen. */
export const greeting = (contact: string | null): string =>
  contact === null ? 'interplot scan' : `interplot scan, ${contact}`
