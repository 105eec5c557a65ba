/** Host names → the address that is traced to. */

import { lookup } from 'node:dns/promises'
import { InterplotError, systemErrorCode } from '../../core/errors.ts'
import { type IpAddress, isIpv4, parseIp } from '../../core/ip.ts'

export interface TracedHost {
  /** What the person typed. */
  name: string
  address: IpAddress
  /** It has several addresses. */
  others: number
}

const NOT_FOUND = new Set(['ENOTFOUND', 'EAI_NONAME', 'EAI_NODATA', 'ENODATA'])

const nameError = (name: string, family: 4 | 6 | undefined, cause?: unknown): InterplotError => {
  const code = systemErrorCode(cause)
  const wanted = family === undefined ? 'no address' : `no IPv${family} address`
  if (cause === undefined || (code !== undefined && NOT_FOUND.has(code))) {
    return new InterplotError('ERR_HOST_NAME', `"${name}" has ${wanted}`, {
      advice: family === undefined ? 'Check the spelling.' : `Leave -${family} out, or check the spelling.`,
      cause,
    })
  }
  return new InterplotError('ERR_HOST_NAME', `"${name}" cannot be looked up (${code ?? 'no answer'})`, {
    advice: 'Check the connection and the name server, or give the address itself.',
    cause,
  })
}

/** @throws InterplotError ERR_HOST_NAME */
export const resolveHost = async (name: string, family?: 4 | 6): Promise<TracedHost> => {
  const literal = parseIp(name)
  if (literal !== null) {
    if (family !== undefined && isIpv4(literal) !== (family === 4)) throw nameError(name, family)
    return { name, address: literal, others: 0 }
  }
  // What looks like an address is none: asking a name server for it would only take time.
  if (name.trim() === '' || /^[\d.]+$|:/.test(name)) {
    throw new InterplotError('ERR_HOST_NAME', `"${name}" is no address`, { advice: 'Check the spelling.' })
  }
  let found: string[]
  try {
    found = (await lookup(name, { all: true, family: family ?? 0, order: 'ipv4first' })).map(({ address }) => address)
  } catch (cause) {
    throw nameError(name, family, cause)
  }
  const addresses = found.flatMap((text) => parseIp(text.replace(/%.*$/, '')) ?? [])
  const [address] = addresses
  if (address === undefined) throw nameError(name, family)
  return { name, address, others: addresses.length - 1 }
}
