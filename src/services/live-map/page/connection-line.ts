/** One connection in the list: two lines, and everything that is known below them when somebody asks. */

import { formatBytes, formatCount } from '../../../core/units.ts'
import { element, setText } from '../../../render/viewer/element.ts'
import type { Row } from './spot.ts'
import {
  bytesWords,
  clockTime,
  directionWords,
  localAddress,
  networkName,
  placeName,
  protocolName,
  rateWords,
  remoteAddress,
  remoteName,
  serviceName,
  shortPlace,
  timeWords,
} from './words.ts'

const ARROWS = { local: '→', remote: '←', unknown: '·' } as const

const detailsOf = ({ connection }: Row): readonly (readonly [string, string])[] => {
  const { place } = connection
  const all: [string, string][] = [
    ['Remote', remoteAddress(connection)],
    ['Local', localAddress(connection)],
    ['Name', connection.name ?? ''],
    ['Place', place === null ? '' : placeName(place)],
    ['Network', networkName(place)],
    ['Protocol', `${protocolName(connection.protocol)}${connection.state === null ? '' : `, ${connection.state}`}`],
    ['Direction', directionWords(connection)],
    ['Out', `${formatBytes(connection.bytesOut)} in ${formatCount(connection.packetsOut)} packets`],
    ['In', `${formatBytes(connection.bytesIn)} in ${formatCount(connection.packetsIn)} packets`],
    ['Round trip', connection.rttUs === null ? '' : `${(connection.rttUs / 1000).toFixed(1)} ms`],
    ['Process', connection.process ?? ''],
    ['First seen', clockTime(connection.firstUs, connection.lastUs)],
    ['Last seen', clockTime(connection.lastUs, connection.lastUs)],
  ]
  return all.filter(([, value]) => value !== '')
}

export class ConnectionLine {
  readonly root = element('li', '')
  readonly #button = element('button', 'line')
  readonly #swatch = element('i', 'swatch')
  readonly #arrow = element('span', 'arrow')
  readonly #name = element('bdi', 'name')
  readonly #rate = element('span', 'rate')
  readonly #about = element('span', 'about')
  readonly #amount = element('span', 'amount')
  readonly #details = element('dl', 'details')
  readonly #row: Row

  constructor(row: Row) {
    this.#row = row
    this.#button.type = 'button'
    this.#button.setAttribute('aria-expanded', 'false')
    this.#button.dataset['id'] = String(row.connection.id)
    this.#arrow.setAttribute('aria-hidden', 'true')
    this.#button.append(this.#swatch, this.#arrow, this.#name, this.#rate, this.#about, this.#amount)
    this.#details.hidden = true
    this.root.append(this.#button, this.#details)
    this.#button.addEventListener('click', () => {
      const open = this.#details.hidden
      this.#details.hidden = !open
      this.#button.setAttribute('aria-expanded', String(open))
      if (open) this.#showDetails()
    })
  }

  update(colour: string, nowUs: number): void {
    const { connection, rate } = this.#row
    if (this.#swatch.style.backgroundColor !== colour) this.#swatch.style.backgroundColor = colour
    setText(this.#arrow, ARROWS[connection.initiator])
    setText(this.#name, remoteName(connection))
    setText(this.#rate, rateWords(rate))
    const about = [serviceName(connection), shortPlace(connection.place), connection.process ?? '']
    setText(this.#about, about.filter((part) => part !== '').join(' · '))
    setText(this.#amount, `${bytesWords(connection)} · ${timeWords(nowUs - connection.firstUs)}`)
    if (!this.#details.hidden) this.#showDetails()
  }

  #showDetails(): void {
    const details = detailsOf(this.#row)
    const known = this.#details.querySelectorAll('dd')
    const words = details.map(([word]) => word).join()
    if (this.#details.dataset['words'] === words) {
      for (const [i, [, value]] of details.entries()) setText(known[i]!, value)
      return
    }
    this.#details.dataset['words'] = words
    this.#details.replaceChildren(
      ...details.flatMap(([word, value]) => [element('dt', '', word), element('dd', '', value)]),
    )
  }
}
