/** What is watched since when, and whether the page shows what happens now. */

import { countOf } from '../../../core/units.ts'
import { byId, setText } from '../../../render/viewer/element.ts'
import type { LiveSnapshot } from '../protocol.ts'
import type { Feed } from './feed.ts'
import { clockTime } from './words.ts'

export class PageState {
  #about = ''
  #name = 'live'

  begin({ title, sources, sinceUs, nowUs }: LiveSnapshot): void {
    const name = title === '' ? 'interplot live' : title
    setText(byId('title'), name)
    document.title = name
    // With the date: a page may stay open for weeks.
    // What is replayed is older than the replay: when that began says nothing of it.
    const since = sinceUs > nowUs ? [] : [`since ${clockTime(sinceUs, null)}`]
    this.#about = [...sources, ...since].join(' · ')
    this.#say('live', this.#about)
  }

  show({ isLost, isPaused, waiting }: Feed): void {
    const button = byId('pause')
    button.setAttribute('aria-pressed', String(isPaused))
    const words = isPaused ? 'Go on' : 'Pause'
    button.setAttribute('aria-label', words)
    button.title = `${words} (space)`
    const lost = 'connection to the program lost, trying again'
    if (isPaused) {
      const changes = waiting === 0 ? 'nothing waiting' : `${countOf(waiting, 'change')} waiting`
      this.#say('paused', `paused, ${changes}${isLost ? `; ${lost}` : ''}`)
    } else if (isLost) this.#say('lost', lost)
    else this.#say('live', this.#about)
  }

  #say(name: string, words: string): void {
    setText(byId('state'), words)
    if (name === this.#name) return
    this.#name = name
    document.body.dataset['feed'] = name
  }
}
