import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { makeWebhook, parseWebhook } from '../../../src/commands/trace/route-webhook.ts'
import { ipv4 } from '../../../src/core/ip.ts'
import type { PathChange } from '../../../src/probe/trace/path-history.ts'
import { errorCode } from '../../error-code.ts'

const CHANGE: PathChange = {
  ...{ id: 'new', previousId: 'old', atUs: 1e15, previousUs: 1e15 - 1e6 },
  hops: [{ ttl: 3, before: [ipv4(0x0a000001)], after: [ipv4(0x0a000002)] }],
}

/** A server that answers with these, one after the other; 0 = never. */
const withServer = async (answers: number[], work: (port: number) => Promise<string | null>) => {
  const asked: { body: unknown; authorization: string | undefined; url: string | undefined }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      const status = answers[asked.length] ?? 500
      asked.push({ body: JSON.parse(body), authorization: request.headers.authorization, url: request.url })
      if (status !== 0) response.writeHead(status).end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return { problem: await work((server.address() as AddressInfo).port), asked }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const tell = (port: number, login = '', timeoutMs = 5000) =>
  makeWebhook(parseWebhook(`http://${login}127.0.0.1:${port}/hook?token=secret`), { timeoutMs, pauseMs: 5 }).tell(
    'example.net',
    ipv4(0x0a000009),
    CHANGE,
  )

describe('the webhook', () => {
  it('gets what changed', async () => {
    const { problem, asked } = await withServer([204], (port) => tell(port, 'me:pass@'))
    expect(problem).toBe(null)
    expect(asked).toEqual([
      {
        url: '/hook?token=secret',
        authorization: `Basic ${Buffer.from('me:pass').toString('base64')}`,
        body: {
          ...{ event: 'path-changed', host: 'example.net', target: '10.0.0.9', trace: 'new', previousTrace: 'old' },
          ...{ time: '2001-09-09T01:46:40.000Z', previousTime: '2001-09-09T01:46:39.000Z' },
          hops: [{ hop: 3, before: ['10.0.0.1'], after: ['10.0.0.2'] }],
        },
      },
    ])
  })

  it.each<[string, number[], number, string | null]>([
    ['is asked again when the server is busy', [503, 429, 200], 3, null],
    ['is given up after three tries', [500, 500, 500, 200], 3, 'it answered 500'],
    ['is not asked again when it refuses', [403, 200], 1, 'it answered 403'],
    ['is not followed elsewhere', [302, 200], 1, 'it answered 302'],
    ['is waited for a bounded time', [0, 0, 0], 3, 'no answer in time'],
  ])('%s', async (_name, answers, tries, reason) => {
    const { problem, asked } = await withServer(answers, (port) =>
      tell(port, 'me:pass@', answers.includes(0) ? 200 : 5000),
    )
    expect(asked).toHaveLength(tries)
    if (reason === null) expect(problem).toBe(null)
    else expect(problem).toMatch(reason)
    expect(problem ?? '').not.toMatch(/secret|pass|hook\?/)
  })

  it('is told of where nobody listens', async () => {
    const { problem } = await withServer([], async (port) => (port === 0 ? '' : null))
    expect(problem).toBe(null)
    expect(await tell(1)).toMatch(/127\.0\.0\.1:1 was not told: no connection/)
  })

  it.each(['', 'example.net', 'http://a%zz@127.0.0.1/', 'ftp://127.0.0.1/', 'file:///etc/passwd', 'javascript:1'])(
    'is no %j',
    (text) => {
      expect(errorCode(() => parseWebhook(text))).toBe('ERR_USAGE')
    },
  )
})
