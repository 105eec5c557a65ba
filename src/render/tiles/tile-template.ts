/**
 * Where a server's street-map tiles are: a URL with `{z}`, `{x}` and `{y}` for zoom, column and row. It may hold a key, so
 * nothing that is said or stored repeats more of it than the host.
 */

import { createHash } from 'node:crypto'
import { InterplotError } from '../../core/errors.ts'

export interface TileAddress {
  readonly z: number
  readonly x: number
  readonly y: number
}

export interface TileTemplate {
  /** Name and port of the server. */
  readonly host: string
  /** Tells templates apart without saying what they are. */
  readonly hash: string
  /** What the server wants to know beside the URL: a name and password that stood in it. */
  readonly headers: Readonly<Record<string, string>>
  urlOf(tile: TileAddress): URL
}

const refuse = (why: string, advice = 'Write it like https://tiles.example.net/{z}/{x}/{y}.png.'): InterplotError =>
  new InterplotError('ERR_USAGE', `the URL in --tiles ${why}`, { advice })

const filled = (text: string, { z, x, y }: TileAddress): string =>
  text.replaceAll('{z}', String(z)).replaceAll('{x}', String(x)).replaceAll('{y}', String(y))

const parse = (text: string): URL => {
  try {
    return new URL(text)
  } catch {
    throw refuse('is none')
  }
}

const authorization = ({ username, password }: URL): Record<string, string> => {
  if (username === '' && password === '') return {}
  let pair: string
  try {
    pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  } catch {
    throw refuse('has a name or password with a broken %', 'Write % itself as %25.')
  }
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** @throws InterplotError ERR_USAGE, which does not repeat what may hold a key. */
export const parseTileTemplate = (text: string): TileTemplate => {
  const missing = ['{z}', '{x}', '{y}'].filter((part) => !text.includes(part))
  if (missing.length > 0) throw refuse(`lacks ${missing.join(' and ')}`)
  const unknown = text.match(/\{[^{}]*\}/g)?.find((part) => !['{z}', '{x}', '{y}'].includes(part))
  if (unknown !== undefined) {
    throw refuse(
      `holds ${unknown.slice(0, 20)}`,
      'Only {z}, {x} and {y} are put in: write one server name, and tiles of 256 pixels.',
    )
  }
  const url = parse(filled(text, { z: 0, x: 0, y: 0 }))
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('is not http or https')
  const other = parse(filled(text, { z: 1, x: 1, y: 1 }))
  if (url.host !== other.host || url.username !== other.username || url.password !== other.password) {
    throw refuse('has {z}, {x} or {y} before its path')
  }
  const headers = authorization(url)
  return {
    host: url.host,
    hash: createHash('sha256').update(text).digest('hex').slice(0, 32),
    headers,
    urlOf(tile) {
      const full = new URL(filled(text, tile))
      full.username = ''
      full.password = ''
      full.hash = ''
      return full
    },
  }
}
