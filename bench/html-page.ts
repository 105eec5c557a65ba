/**
 * HTML maps: `npx tsx bench/html-page.ts [points] [clustered|random] [style] [file]` (1,000,000 clustered points, dark). Writes the
 * page, then, where Chromium is, opens it from the disk at 1600×900, drags and zooms it by script and prints the times
 * of its frames as one JSON object.
 */

import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import { buildViewer } from '../scripts/build-viewer.mjs'
import { renderMap } from '../src/render/map.ts'
import { clusteredMap } from './clustered-map.ts'

const [countText = '1000000', spread = 'clustered', style = 'dark', file = join(tmpdir(), 'interplot-bench.html')] =
  process.argv.slice(2)
const count = Number(countText)
const data = clusteredMap(count, spread === 'random' ? 'random' : 'clustered')

await buildViewer()
const before = performance.now()
const bytes = await renderMap(data, { backend: 'html', style })
const writeMs = Math.round(performance.now() - before)
writeFileSync(file, bytes)

interface Frames {
  readonly frames: number
  readonly framesPerSecond: number
  readonly medianMs: number
  readonly percentile95Ms: number
  readonly longestMs: number
  /** Work of the page's main thread, by Chromium's own account. */
  readonly workPerFrameMs: number
}

/** Runs `work` while every frame's time is taken in the page. */
const timeFrames = async (page: Page, work: () => Promise<void>): Promise<Frames> => {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const taskMs = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000
  }
  const taskMsBefore = await taskMs()
  await page.evaluate(`{
    const times = []
    window.frameTimes = times
    const tick = (now) => { times.push(now); if (window.frameTimes === times) requestAnimationFrame(tick) }
    requestAnimationFrame(tick)
  }`)
  await work()
  const workMs = (await taskMs()) - taskMsBefore
  const times = await page.evaluate<number[]>('{ const times = window.frameTimes; window.frameTimes = null; times }')
  const steps = times.slice(1).map((time, i) => time - times[i]!)
  const sorted = [...steps].sort((a, b) => a - b)
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)]! * 10) / 10
  const total = times.at(-1)! - times[0]!
  return {
    frames: steps.length,
    framesPerSecond: Math.round((steps.length / total) * 1000),
    medianMs: at(0.5),
    percentile95Ms: at(0.95),
    longestMs: at(1),
    workPerFrameMs: Math.round((workMs / steps.length) * 10) / 10,
  }
}

/** From now until no tile is missing. */
const timeUntilSharp = (page: Page): Promise<number> =>
  page.evaluate<number>(`new Promise((done) => {
    const began = performance.now()
    const look = () => document.documentElement.dataset.picture === 'sharp' ? done(performance.now() - began) : requestAnimationFrame(look)
    look()
  })`)

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
try {
  const page = await browser.newPage({ viewport: { width: 1600, height: 900 } })
  page.on('pageerror', (error) => process.stderr.write(`${error.stack}\n`))
  page.on('console', (message) => process.stderr.write(`${message.text()}\n`))
  const opened = performance.now()
  await page.goto(pathToFileURL(resolve(file)).href)
  await page.waitForSelector('html[data-state=ready][data-picture=sharp]')
  const openMs = Math.round(performance.now() - opened)
  await page.screenshot({ path: file.replace(/[.]html$/, '.png') })
  const drag = async (): Promise<void> => {
    await page.mouse.move(800, 450)
    await page.mouse.down()
    for (let i = 0; i < 90; i += 1) await page.mouse.move(800 + 500 * Math.sin(i / 14), 450 + 200 * Math.sin(i / 9))
    await page.mouse.up()
  }
  const wheel = async (): Promise<void> => {
    for (let i = 0; i < 40; i += 1) {
      await page.mouse.wheel(0, i < 20 ? -60 : 45)
      await page.waitForTimeout(16)
    }
  }
  const panWorld = await timeFrames(page, drag)
  const sharpAfterPanMs = Math.round(await timeUntilSharp(page))
  const zoom = await timeFrames(page, wheel)
  const sharpAfterZoomMs = Math.round(await timeUntilSharp(page))
  await page.screenshot({ path: file.replace(/[.]html$/, '-near.png') })
  const panNear = await timeFrames(page, drag)
  const figures = {
    points: count,
    spread,
    bytes: bytes.length,
    writeMs,
    openMs,
    panWorld,
    sharpAfterPanMs,
    zoom,
    sharpAfterZoomMs,
    panNear,
  }
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
} finally {
  await browser.close()
}
