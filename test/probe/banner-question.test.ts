import { describe, expect, it } from 'vitest'
import { parseIpv4 } from '../../src/core/ip.ts'
import { bannerQuestion } from '../../src/probe/banner-question.ts'

const HOST = parseIpv4('192.0.2.7')!

describe('what is said to a port', () => {
  it.each([
    [22, false, true, '192.0.2.7:22'],
    [80, false, false, '192.0.2.7'],
    [8080, false, false, '192.0.2.7:8080'],
    [443, true, false, '192.0.2.7'],
    [993, true, true, '192.0.2.7:993'],
    [12345, false, true, '192.0.2.7:12345'],
  ])('%d: TLS %s, listens first %s', (port, tls, listens, host) => {
    const question = bannerQuestion(HOST, port, null)
    expect([question.tls, question.listenMs > 0]).toEqual([tls, listens])
    const lines = new TextDecoder().decode(question.words).split('\r\n')
    expect(lines).toContain(`Host: ${host}`)
    expect(lines.slice(-2)).toEqual(['', ''])
  })

  it('tells who scans, in one header that nothing breaks out of', () => {
    const { words } = bannerQuestion(HOST, 80, 'mail@example.org)\r\nX-Evil: 1')
    const lines = new TextDecoder().decode(words).split('\r\n')
    expect(lines).toContain('User-Agent: interplot (mail@example.orgX-Evil: 1)')
    expect(lines).toHaveLength(7)
  })
})
