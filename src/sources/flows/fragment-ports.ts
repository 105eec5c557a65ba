/**
 * The ports of packets that came in pieces: only the first has them (RFC 791 section 3.2, RFC 8200 section 4.5). What overlaps
 * does no harm, since nothing is put together: the piece at offset 0 that came last says which ports the later ones have.
 */

import type { PacketTuple } from '../../wire/packet-tuple.ts'

const MOST_PACKETS = 1024
/** Reassembly gives up after that (RFC 8200 section 4.5). */
const LIFETIME_US = 60e6

interface Ports {
  readonly source: number
  readonly destination: number
  readonly timeUs: number
}

const keyOf = ({ words, family, protocol, fragmentId }: PacketTuple): string =>
  `${family === 4 ? `${words[0]},${words[4]}` : words.join()},${protocol},${fragmentId}`

export class FragmentPorts {
  /** In the order in which they came. */
  readonly #ports = new Map<string, Ports>()

  /** Of a first piece. */
  learn(tuple: PacketTuple, timeUs: number): void {
    const key = keyOf(tuple)
    this.#ports.delete(key)
    this.#ports.set(key, { source: tuple.sourcePort, destination: tuple.destinationPort, timeUs })
    if (this.#ports.size <= MOST_PACKETS) return
    for (const oldest of this.#ports.keys()) {
      this.#ports.delete(oldest)
      break
    }
  }

  /** Gives a later piece its ports. @returns false where the first was not seen. */
  complete(tuple: PacketTuple, timeUs: number): boolean {
    const ports = this.#ports.get(keyOf(tuple))
    if (ports === undefined || timeUs - ports.timeUs > LIFETIME_US) return false
    tuple.sourcePort = ports.source
    tuple.destinationPort = ports.destination
    return true
  }
}
