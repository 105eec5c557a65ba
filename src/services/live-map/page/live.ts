/** The script of the live map: listens to the program, keeps what it says, and shows it. */

import '../../../render/viewer/viewer.css'
import './live.css'
import { byId, element } from '../../../render/viewer/element.ts'
import { type PageContent, readContent } from '../../../render/viewer/page-reader.ts'
import type { LiveSnapshot } from '../protocol.ts'
import { BanList } from './ban-list.ts'
import { Colouring } from './colouring.ts'
import { ConnectionList } from './connection-list.ts'
import { Feed } from './feed.ts'
import { LiveCanvas } from './live-canvas.ts'
import { LiveLegend } from './live-legend.ts'
import { LiveModel } from './live-model.ts'
import { PageKeys } from './page-keys.ts'
import { PageState } from './page-state.ts'
import { PageTabs } from './page-tabs.ts'
import type { Spot } from './spot.ts'
import { TotalsPanel } from './totals-panel.ts'
import { placeName } from './words.ts'

/** Rates end and what left fades also when nobody says anything. */
const TICK_MS = 250
const FEW_SPOTS = 600

const light = matchMedia('(prefers-color-scheme: light)')

const loadGround = async (): Promise<PageContent> => {
  const answer = await fetch(light.matches ? '/ground-light' : '/ground-dark')
  if (!answer.ok || answer.body === null) throw new Error(`the program answered ${answer.status}`)
  const stream = answer.body.pipeThrough(new DecompressionStream('deflate'))
  return readContent(new Uint8Array(await new Response(stream).arrayBuffer()))
}

const canvas = (id: string): HTMLCanvasElement => byId(id) as HTMLCanvasElement

class LivePage {
  readonly #model = new LiveModel()
  readonly #colouring: Colouring
  readonly #canvas: LiveCanvas
  readonly #list: ConnectionList
  readonly #bans: BanList
  readonly #totals: TotalsPanel
  readonly #legend: LiveLegend
  readonly #tabs = new PageTabs()
  readonly #state = new PageState()
  readonly #feed: Feed
  #fading = false

  constructor(page: PageContent) {
    this.#colouring = new Colouring(page.header.theme.groups)
    const parts = { map: canvas('map'), still: canvas('still'), moving: canvas('moving'), tip: byId('tip') }
    this.#canvas = new LiveCanvas(parts, page, this.#model, this.#colouring, (spot) => this.#only(spot))
    this.#list = new ConnectionList(this.#model, this.#colouring)
    this.#bans = new BanList(this.#colouring)
    this.#totals = new TotalsPanel(this.#model)
    this.#legend = new LiveLegend(this.#model, this.#colouring, () => this.#show(true))
    this.#feed = new Feed('/events', {
      snapshot: (snapshot) => this.#begin(snapshot),
      changes: (changes) => {
        this.#model.apply(changes, performance.now())
        this.#show()
      },
      state: (feed) => {
        this.#canvas.moving.freeze(feed.isPaused)
        this.#state.show(feed)
      },
    })
    this.#listen()
    setInterval(() => this.#tick(), TICK_MS)
  }

  #begin(snapshot: LiveSnapshot): void {
    this.#model.reset(snapshot)
    this.#totals.reset()
    this.#state.begin(snapshot)
    const attributions = [...snapshot.attributions, 'Map data: Natural Earth']
    byId('attributions').replaceChildren(...attributions.map((text) => element('li', '', text)))
    this.#only(null)
    document.documentElement.dataset['state'] = 'ready'
  }

  #tick(): void {
    if (this.#feed.isPaused) return
    const faded = this.#fading
    this.#fading = this.#model.sweep(performance.now())
    // Many places are painted anew with the next changes, not for the sake of one that fades.
    const few = this.#model.spots.size < FEW_SPOTS
    if ((faded && !this.#fading) || (this.#fading && few)) this.#canvas.update(performance.now())
    if (this.#feed.isLost) return
    this.#list.update(performance.now())
  }

  /** @param anew the order of the list, too. */
  #show(anew = false): void {
    const now = performance.now()
    this.#fading = this.#model.sweep(now)
    this.#colouring.update(this.#model.rows.values(), this.#model.bans)
    const fresh = this.#model.takeNewBans()
    this.#canvas.moving.pulse(fresh, now)
    this.#canvas.update(now)
    this.#list.update(now, anew)
    this.#bans.update(this.#model.bans, this.#words(), this.#model.nowUs)
    this.#totals.update()
    this.#legend.update()
    this.#tabs.update(this.#model)
  }

  #words(): string[] {
    const query = byId('query') as HTMLInputElement
    return query.value
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '')
  }

  /** Shows what is at one place, or everything. */
  #only(spot: Spot | null): void {
    this.#list.spot = spot
    this.#canvas.select(spot)
    byId('chip').hidden = spot === null
    byId('chip-name').textContent = spot === null ? '' : `Only ${placeName(spot.place)}`
    this.#show(true)
  }

  #find(): void {
    this.#list.find((byId('query') as HTMLInputElement).value)
    this.#show(true)
  }

  #listen(): void {
    byId('query').addEventListener('input', () => this.#find())
    byId('sort').addEventListener('change', () => {
      this.#list.orderBy((byId('sort') as HTMLSelectElement).value)
      this.#show(true)
    })
    byId('chip-end').addEventListener('click', () => this.#only(null))
    const list = byId('list')
    const highlight = (event: Event): void => this.#canvas.highlight(this.#list.rowOf(event.target)?.spot ?? null)
    list.addEventListener('pointerover', highlight)
    list.addEventListener('focusin', highlight)
    list.addEventListener('pointerleave', () => this.#canvas.highlight(null))
    list.addEventListener('focusout', () => this.#canvas.highlight(null))
    const resize = (): void => {
      this.#canvas.resize()
      this.#totals.draw()
    }
    window.addEventListener('resize', resize)
    new PageKeys({
      pause: () => (this.#feed.isPaused ? this.#feed.resume() : this.#feed.pause()),
      fold: resize,
      colours: () => this.#legend.choose(this.#colouring.by === 'direction' ? 'service' : 'direction'),
      clear: () => {
        this.#canvas.hideTip()
        this.#only(null)
      },
    })
    // The ground is of the other theme then.
    light.addEventListener('change', () => location.reload())
  }
}

const start = async (): Promise<void> => {
  new LivePage(await loadGround())
}

start().catch((error: unknown) => {
  byId('state').textContent = `This map cannot be shown: ${error instanceof Error ? error.message : String(error)}`
  document.documentElement.dataset['state'] = 'failed'
})
