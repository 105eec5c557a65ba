/** A path MTU for people: where on the way it changes, and who says so. */

import { formatIp, type IpAddress } from '../../core/ip.ts'
import type { MtuStep, PathMtu } from '../../probe/trace/path-mtu.ts'

const HIDDEN = '(hidden)'

/** `F=1400` beside the first hop that only shorter packets get to, as traceroute(8) has it; '' beside the others. */
export const fitMark = ({ steps, interfaceMtu }: PathMtu, ttl: number, firstTtl: number): string => {
  const before = steps.filter((step) => step.ttl !== null && step.ttl < ttl)
  const mtu = Math.min(interfaceMtu, ...before.map((step) => step.mtu))
  const changed = before.some((step) => step.ttl === ttl - 1)
  return ttl === firstTtl || changed ? `F=${mtu}` : ''
}

const stepLine = ({ ttl, address, mtu, said }: MtuStep, masked: boolean): string => {
  const who = address === null ? (masked ? ` ${HIDDEN}` : '') : ` ${formatIp(address)}`
  const where = ttl === 0 ? 'this machine' : ttl === null ? `a router${who}` : `hop ${ttl}${who}`
  if (said === null)
    return ttl === 0
      ? `${mtu}: ${where} sends nothing longer`
      : `${mtu}: ${where}, or the line behind it, silently drops what is longer`
  return said === mtu ? `${mtu}: ${where} says so` : `${mtu}: ${where} refuses what is longer, but says ${said}`
}

export const pathMtuLines = (
  { mtu, interfaceMtu, ttl, address, steps }: PathMtu,
  target: IpAddress,
  masked: boolean,
): string[] => {
  if (ttl === null) return ['path MTU unknown: nobody on the way answers']
  const whole = address === target ? '' : `, as far as hop ${ttl}`
  const known = steps.length === 0 ? (mtu === interfaceMtu ? ', that of the interface' : '') : ''
  return [`path MTU ${mtu}${whole}${known}`, ...steps.map((step) => `  ${stepLine(step, masked)}`)]
}
