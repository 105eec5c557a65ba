/** The running list of bans, the latest first. */

import { byId, element } from '../../../render/viewer/element.ts'
import type { LiveBan } from '../protocol.ts'
import type { Colouring } from './colouring.ts'
import { clockTime, networkName, shortPlace } from './words.ts'

const ACTS = { ban: ['banned', 'by'], unban: ['unbanned', 'by'], attempt: ['failed', 'at'] } as const

export class BanList {
  readonly #colouring: Colouring
  readonly #list = byId('ban-list')
  #shown = ''

  constructor(colouring: Colouring) {
    this.#colouring = colouring
  }

  /** @param bans oldest first. @param nowUs of the program. */
  update(bans: readonly LiveBan[], words: readonly string[], nowUs: number): void {
    const found = bans.filter((ban) => this.#matches(ban, words)).reverse()
    const times = new Map(found.map((ban) => [ban, ban.timeUs === null ? '' : clockTime(ban.timeUs, nowUs)]))
    const key = found.map((ban) => `${ban.id}${times.get(ban)}${this.#colouring.jailColour(ban)}`).join()
    byId('no-bans').hidden = found.length > 0
    byId('no-bans').textContent = bans.length === 0 ? 'No bans yet' : 'nothing found'
    if (key === this.#shown) return
    this.#shown = key
    this.#list.replaceChildren(...found.map((ban) => this.#line(ban, times.get(ban)!)))
  }

  #matches({ address, jail, host, place }: LiveBan, words: readonly string[]): boolean {
    const text = [address, jail, host, shortPlace(place), place?.country, networkName(place)].join('\n').toLowerCase()
    return words.every((word) => text.includes(word))
  }

  #line(ban: LiveBan, time: string): HTMLElement {
    const line = element('li', `ban ${ban.act}`)
    const swatch = element('i', 'swatch diamond')
    swatch.style.backgroundColor = this.#colouring.jailColour(ban)
    const [act, where] = ACTS[ban.act]
    const jail = ban.jail === '' ? act : `${act} ${where} ${ban.jail}`
    const about = [jail, ban.host ?? '', shortPlace(ban.place), networkName(ban.place)]
    line.append(
      swatch,
      element('bdi', 'name', ban.address),
      element('span', 'rate', time),
      element('span', 'about', about.filter((part) => part !== '').join(' · ')),
    )
    return line
  }
}
