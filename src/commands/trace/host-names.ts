/** Reverse DNS beside a trace: asked once for each address, a bounded number at a time, never waited for longer than a moment. */

import { Resolver } from 'node:dns/promises'
import { formatIp, type IpAddress } from '../../core/ip.ts'
import { printableText } from '../../core/printable-text.ts'

export interface HostNames {
  /** Asks for it if that was not done yet. Resolves to null when there is none, or none in time. */
  name(address: IpAddress): Promise<string | null>
  /** What is known by now; undefined = no answer yet. Asks for it if that was not done yet. */
  known(address: IpAddress): string | null | undefined
  /** All answers so far. */
  entries(): IterableIterator<[IpAddress, string | null]>
  close(): void
}

const TIMEOUT_MS = 1500
const CONCURRENCY = 32

/** @param server `192.0.2.53`, `[2001:db8::53]:5353`; absent = the system's. */
export const makeHostNames = (server?: string): HostNames => {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 })
  if (server !== undefined) resolver.setServers([server])
  const asked = new Map<IpAddress, Promise<string | null>>()
  const answers = new Map<IpAddress, string | null>()
  const waiting: (() => void)[] = []
  let running = 0
  let open = true

  const turn = async (): Promise<void> => {
    if (running >= CONCURRENCY) await new Promise<void>((resolve) => waiting.push(resolve))
    running += 1
  }
  const ask = async (address: IpAddress): Promise<string | null> => {
    await turn()
    try {
      const [name] = open ? await resolver.reverse(formatIp(address)) : []
      // A name server may say anything, also what moves a terminal's cursor.
      return name === undefined ? null : printableText(name.replace(/\.$/, ''))
    } catch {
      // No name, no answer, no name server: the hop is shown without.
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
  entries: () => new Map<IpAddress, string | null>().entries(),
  close: () => undefined,
}
