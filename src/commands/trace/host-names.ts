/** Reverse DNS beside a trace: asked once for each address, a bounded number at a time, never waited for longer than a moment. */

import { Resolver } from 'node:dns/promises'
import { InterplotError, systemErrorCode } from '../../core/errors.ts'
import { formatIp, type IpAddress, isIpv4 } from '../../core/ip.ts'
import { printableText } from '../../core/printable-text.ts'

export interface HostNames {
  /** Asks for it if that was not done yet. Resolves to null when there is none, or none in time. */
  name(address: IpAddress): Promise<string | null>
  /** What is known by now; undefined = no answer yet. Asks for it if that was not done yet. */
  known(address: IpAddress): string | null | undefined
  /** Nothing was heard of the name server, so it is not asked any more. */
  gaveUp(): boolean
  /** All answers so far. */
  entries(): IterableIterator<[IpAddress, string | null]>
  close(): void
}

const TIMEOUT_MS = 1500
const CONCURRENCY = 32
/** Questions without any answer after which a name server is left alone. */
const MAX_TIMEOUTS = 4
/** What c-ares calls it. */
const TIMEOUT_CODE = 'ETIMEOUT'

/** RFC 1035 section 3.5, RFC 3596 section 2.5. */
const reverseName = (address: IpAddress): string =>
  isIpv4(address)
    ? `${formatIp(address).split('.').toReversed().join('.')}.in-addr.arpa`
    : `${[...address.toString(16).padStart(32, '0')].toReversed().join('.')}.ip6.arpa`

const openResolver = (server: string | undefined): Resolver => {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 })
  try {
    if (server !== undefined) resolver.setServers([server])
  } catch (cause) {
    throw new InterplotError('ERR_USAGE', `--dns-server wants an address, not "${server}"`, {
      advice: 'It looks like 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353.',
      cause,
    })
  }
  return resolver
}

/** @param server as openResolver's advice has it; absent = the system's. @throws InterplotError ERR_USAGE */
export const makeHostNames = (server?: string): HostNames => {
  const resolver = openResolver(server)
  const asked = new Map<IpAddress, Promise<string | null>>()
  const answers = new Map<IpAddress, string | null>()
  const waiting: (() => void)[] = []
  let running = 0
  let open = true
  let heard = false
  let timeouts = 0
  const gaveUp = (): boolean => !heard && timeouts >= MAX_TIMEOUTS

  const turn = async (): Promise<void> => {
    if (running >= CONCURRENCY) await new Promise<void>((resolve) => waiting.push(resolve))
    running += 1
  }
  const ask = async (address: IpAddress): Promise<string | null> => {
    await turn()
    try {
      const [name] = open && !gaveUp() ? await resolver.resolvePtr(reverseName(address)) : []
      heard ||= name !== undefined
      // A name server may say anything, also what moves a terminal's cursor.
      return name === undefined ? null : printableText(name.replace(/\.$/, ''))
    } catch (error) {
      // No name, no answer, no name server: the hop is shown without.
      if (systemErrorCode(error) === TIMEOUT_CODE) timeouts += 1
      else heard = true
      return null
    } finally {
      running -= 1
      waiting.shift()?.()
    }
  }
  const name = (address: IpAddress): Promise<string | null> => {
    const before = asked.get(address)
    if (before !== undefined) return before
    const answer = ask(address).then((found) => {
      answers.set(address, found)
      return found
    })
    asked.set(address, answer)
    return answer
  }
  return {
    name,
    known(address) {
      void name(address)
      return answers.get(address)
    },
    gaveUp,
    entries: () => answers.entries(),
    close() {
      open = false
      resolver.cancel()
    },
  }
}

/** When nobody wants names, or none may be asked. */
export const noHostNames: HostNames = {
  name: () => Promise.resolve(null),
  known: () => null,
  gaveUp: () => false,
  entries: () => new Map<IpAddress, string | null>().entries(),
  close: () => undefined,
}
