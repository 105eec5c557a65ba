/**
 * What the live map answers. Other sites can have a browser ask this machine (DNS rebinding; requests across sites), so every
 * request must name a loopback host, nothing is allowed across origins, and there is nothing but GET (Fetch Metadata,
 * RFC 9110 section 7.2, Content Security Policy Level 3).
 */

import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { PageFiles } from './page-files.ts'
import { eventBytes, type PageStreams } from './page-streams.ts'
import type { LiveSnapshot } from './protocol.ts'

type Env = { Bindings: HttpBindings }

/** With any port: `ssh -L 9000:127.0.0.1:8017` is asked for as localhost:9000. */
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}

export interface WebAppParts {
  readonly files: PageFiles
  readonly streams: PageStreams
  snapshot(): LiveSnapshot
  /** For a page whose stream begins with it. */
  firstSnapshot(): LiveSnapshot
}

/** Null when the request may be answered. */
const refusal = (context: Context<Env>): Response | null => {
  const host = context.req.header('host') ?? ''
  if (!LOOPBACK_HOST.test(host)) return context.text('this map answers on 127.0.0.1 and localhost only\n', 421)
  const { method } = context.req
  if (method !== 'GET' && method !== 'HEAD') return context.text('only GET\n', 405, { Allow: 'GET, HEAD' })
  const site = context.req.header('sec-fetch-site')
  const isPage = context.req.path === '/' && context.req.header('sec-fetch-mode') === 'navigate'
  if ((site === 'cross-site' || site === 'same-site') && !isPage) return context.text('only for its own page\n', 403)
  return null
}

export const webApp = ({ files, streams, snapshot, firstSnapshot }: WebAppParts): Hono<Env> => {
  const app = new Hono<Env>()
  app.use(async (context, next) => {
    const refused = refusal(context)
    if (refused === null) await next()
    else context.res = refused
    for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value)
  })
  for (const [path, file] of Object.entries(files)) {
    app.get(path, async (context) => context.body(await file.content(), 200, { 'Content-Type': file.type }))
  }
  app.get('/state.json', (context) => context.json(snapshot()))
  app.get('/events', (context) => {
    const headers = { 'Content-Type': 'text/event-stream; charset=utf-8' }
    // hono answers HEAD by the same way, and a stream that nobody reads would stay.
    if (context.req.method === 'HEAD') return context.body(null, 200, headers)
    const { outgoing } = context.env
    const stream = streams.open(eventBytes('snapshot', firstSnapshot()), () => outgoing.destroy())
    if (stream === null) return context.text('too many pages are open\n', 503, { 'Retry-After': '10' })
    return context.body(stream, 200, headers)
  })
  app.notFound((context) => context.text('not here\n', 404))
  return app
}
