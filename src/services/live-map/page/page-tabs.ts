/** Two lists, of which one is shown; one tab alone is none (WAI-ARIA Authoring Practices, "Tabs"). */

import { formatCount } from '../../../core/units.ts'
import { byId, setText } from '../../../render/viewer/element.ts'
import type { LiveModel } from './live-model.ts'

const NAMES = ['connections', 'bans'] as const
type Name = (typeof NAMES)[number]

export class PageTabs {
  #chosen: Name = 'connections'
  /** Somebody did. */
  #isChosen = false

  constructor() {
    for (const name of NAMES) {
      const tab = byId(`tab-${name}`)
      tab.addEventListener('click', () => this.#choose(name))
      tab.addEventListener('keydown', (event) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
        event.preventDefault()
        this.#choose(name === 'bans' ? 'connections' : 'bans')
        byId(`tab-${this.#chosen}`).focus()
      })
    }
  }

  update({ totals, rows, bans, banTotals }: LiveModel): void {
    const connections = totals !== null || rows.size > 0
    const banned = banTotals !== null || bans.length > 0
    byId('tabs').hidden = !(connections && banned)
    setText(byId('tab-connections'), `Connections ${formatCount(rows.size)}`)
    setText(byId('tab-bans'), `Bans ${formatCount(bans.length)}`)
    if (!this.#isChosen) this.#show(banned && !connections ? 'bans' : 'connections')
  }

  #choose(name: Name): void {
    this.#isChosen = true
    this.#show(name)
  }

  #show(name: Name): void {
    this.#chosen = name
    for (const each of NAMES) {
      byId(each).hidden = each !== name
      const tab = byId(`tab-${each}`)
      tab.setAttribute('aria-selected', String(each === name))
      tab.tabIndex = each === name ? 0 : -1
    }
    byId('sort').hidden = name === 'bans'
  }
}
