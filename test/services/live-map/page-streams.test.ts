import { describe, expect, it } from 'vitest'
import { eventBytes, PAGES_MAX, PageStreams } from '../../../src/services/live-map/page-streams.ts'

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(120)
const text = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> => {
  const { value } = await reader.read()
  return new TextDecoder().decode(value)
}

describe('streams to pages', () => {
  it('writes events as browsers read them', () => {
    const event = new TextDecoder().decode(eventBytes('changes', { name: 'a\nb</script>' }))
    expect(event).toBe('event: changes\ndata: {"name":"a\\nb</script>"}\n\n')
  })

  it('gives each page the first message, then all others in order', async () => {
    const streams = new PageStreams()
    const reader = streams.open(eventBytes('snapshot', 1), () => undefined)!.getReader()
    expect(await text(reader)).toBe('retry: 1000\n\n')
    expect(await text(reader)).toContain('snapshot')
    for (const n of [1, 2, 3]) streams.send(eventBytes('changes', n))
    for (const n of [1, 2, 3]) expect(await text(reader)).toContain(`data: ${n}`)
    streams.close()
    expect((await reader.read()).done).toBe(true)
  })

  it('cuts off a page that takes nothing, and no other', async () => {
    const streams = new PageStreams(1000)
    let cut = 0
    streams.open(bytes(10), () => {
      cut += 1
    })
    const quick = streams.open(bytes(10), () => expect.fail('the quick one was cut off'))!.getReader()
    await quick.read()
    await quick.read()
    for (let i = 0; i < 12; i += 1) {
      streams.send(bytes(100))
      expect((await quick.read()).value).toHaveLength(100)
    }
    expect([cut, streams.size, streams.cutOff]).toEqual([1, 1, 1])
  })

  it('has room for so many pages, and again when one has gone', async () => {
    const streams = new PageStreams()
    const open = () => streams.open(bytes(1), () => undefined)
    const all = Array.from({ length: PAGES_MAX }, open)
    expect(open()).toBeNull()
    await all[0]?.cancel()
    expect(open()).not.toBeNull()
  })
})
