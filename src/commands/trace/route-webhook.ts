/**
 * Tells a server that a path has changed: one JSON object by POST, with everything bounded, tried three times where it may
 * help. What it says of a failure never holds the URL's credentials, path or query: tokens stand there.
 */

import type { Agent } from 'undici'
import { isoTime } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { formatIp, type IpAddress } from '../../core/ip.ts'
import type { PathChange } from '../../probe/trace/path-history.ts'

export interface Webhook {
  /** @returns null when it was taken, else why not. Never throws. */
  tell(host: string, target: IpAddress, change: PathChange): Promise<string | null>
}

export interface WebhookTimes {
  /** Of one try. */
  timeoutMs: number
  /** Before the second try; the third waits three times as long. */
  pauseMs: number
}

const TRIES = 3
const DEFAULT_TIMES: WebhookTimes = { timeoutMs: 5000, pauseMs: 1000 }

/** @throws InterplotError ERR_USAGE */
export const parseWebhook = (text: string): URL => {
  let url: URL | undefined
  try {
    url = new URL(text)
    // Credentials are sent as they were meant, which a stray % has no meaning for.
    decodeURIComponent(url.username + url.password)
  } catch {
    url = undefined
    // Refused below, like everything that is not HTTP.
  }
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new InterplotError('ERR_USAGE', '--webhook wants an address that begins with http:// or https://', {
      advice: 'In a user name or password, write % as %25.',
    })
  }
  return url
}

const bodyOf = (host: string, target: IpAddress, change: PathChange): string =>
  JSON.stringify({
    ...{ event: 'path-changed', host, target: formatIp(target), trace: change.id, previousTrace: change.previousId },
    ...{ time: isoTime(change.atUs), previousTime: isoTime(change.previousUs) },
    hops: change.hops.map(({ ttl, before, after }) => ({
      ...{ hop: ttl, before: before.map(formatIp), after: after.map(formatIp) },
    })),
  })

/** What the system says, without what was asked for. */
const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time'
  return /^[A-Z][A-Z_0-9]+$/.test(code) ? `no connection (${code})` : 'no connection'
}

/** The server may take it a moment later. */
const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500

export const makeWebhook = (url: URL, times: WebhookTimes = DEFAULT_TIMES): Webhook => {
  const { username, password } = url
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const headers = {
    'content-type': 'application/json',
    ...(username === '' && password === '' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
  }
  const post = async (dispatcher: Agent, body: string): Promise<string | number> => {
    const { request } = await import('undici')
    try {
      const signal = AbortSignal.timeout(times.timeoutMs)
      const response = await request(plain, { dispatcher, method: 'POST', headers, body, signal })
      await response.body.dump({ limit: 65_536, signal })
      return response.statusCode
    } catch (error) {
      return reasonOf(error)
    }
  }
  return {
    async tell(host, target, change) {
      const { Agent: UndiciAgent } = await import('undici')
      const dispatcher = new UndiciAgent({ connect: { timeout: times.timeoutMs } })
      const body = bodyOf(host, target, change)
      let reason = ''
      try {
        for (let tries = 0; tries < TRIES; tries += 1) {
          if (tries > 0) await new Promise((resolve) => setTimeout(resolve, times.pauseMs * (tries * 2 - 1)))
          const outcome = await post(dispatcher, body)
          if (typeof outcome === 'string') reason = outcome
          else if (outcome >= 200 && outcome < 300) return null
          else {
            reason = `it answered ${outcome}`
            if (!isPassing(outcome)) break
          }
        }
      } finally {
        await dispatcher.destroy()
      }
      return `the webhook at ${plain.host} was not told: ${reason}`
    },
  }
}
