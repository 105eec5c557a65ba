/** A tile server on the loopback interface that paints each tile with its zoom, column and row. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createCanvas } from '@napi-rs/canvas'
import { onTestFinished } from 'vitest'

export interface AskedTile {
  readonly z: number
  readonly x: number
  readonly y: number
}

export interface TileServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  readonly template: string
  readonly asked: (AskedTile & { readonly headers: IncomingMessage['headers']; readonly url: string })[]
  /** Most requests that were open at a time. */
  mostAtOnce(): number
}

const PAGE = /\/(\d+)\/(\d+)\/(\d+)\.png/

/** Where a place lies, in pixels of the world: the formula of EPSG:3857, written down once more. */
export const worldPixel = (latitude: number, longitude: number, zoom: number): [number, number] => {
  const world = 256 * 2 ** zoom
  const north = (latitude * Math.PI) / 180
  const y = (1 - Math.log(Math.tan(north) + 1 / Math.cos(north)) / Math.PI) / 2
  return [((longitude + 180) / 360) * world, y * world]
}

/** Where a city is, the tile has a red pixel; everything else has no red at all. */
export const paintTile = ({ z, x, y }: AskedTile, cities: readonly (readonly [number, number])[] = []): Buffer => {
  const canvas = createCanvas(256, 256)
  const context = canvas.getContext('2d')
  context.fillStyle = `rgb(0, ${(x * 37) % 200}, ${55 + ((y * 53) % 200)})`
  context.fillRect(0, 0, 256, 256)
  context.fillStyle = 'rgb(0, 255, 255)'
  context.fillText(`${z}/${x}/${y}`, 100, 128)
  context.fillStyle = 'rgb(255, 0, 0)'
  for (const [latitude, longitude] of cities) {
    const [left, top] = worldPixel(latitude, longitude, z)
    context.fillRect(Math.floor(left) - x * 256, Math.floor(top) - y * 256, 1, 1)
  }
  return canvas.toBuffer('image/png')
}

export type Answer = (tile: AskedTile, response: ServerResponse, request: IncomingMessage) => void

export const sendTile: Answer = (tile, response) => {
  response.writeHead(200, { 'content-type': 'image/png' }).end(paintTile(tile))
}

/** Runs until the test ends. */
export const startTileServer = async (answer: Answer = sendTile): Promise<TileServer> => {
  const asked: TileServer['asked'] = []
  let [open, most] = [0, 0]
  const server = createServer((request, response) => {
    const url = request.url ?? ''
    const [, z, x, y] = PAGE.exec(url) ?? []
    const tile = { z: Number(z), x: Number(x), y: Number(y) }
    asked.push({ ...tile, headers: request.headers, url })
    open += 1
    most = Math.max(most, open)
    response.on('close', () => {
      open -= 1
    })
    answer(tile, response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  return { origin, template: `${origin}/{z}/{x}/{y}.png`, asked, mostAtOnce: () => most }
}
