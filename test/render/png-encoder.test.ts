import { createCanvas, loadImage } from '@napi-rs/canvas'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomStream } from '../../src/core/random.ts'
import { encodePng } from '../../src/render/png-encoder.ts'

const decode = async (png: Buffer): Promise<{ width: number; height: number; data: Uint8ClampedArray }> => {
  const image = await loadImage(png)
  const context = createCanvas(image.width, image.height).getContext('2d')
  context.drawImage(image, 0, 0)
  return { width: image.width, height: image.height, data: context.getImageData(0, 0, image.width, image.height).data }
}

const noise = (seed: string, pixels: number): Uint8Array => {
  const random = randomStream(seed, 'noise')
  return Uint8Array.from({ length: pixels * 4 }, (_, i) => (i % 4 === 3 ? 255 : random.nextBelow(256)))
}

describe('encodePng', () => {
  it('loses no pixel', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 90 }),
        fc.string(),
        async (width, height, seed) => {
          const pixels = noise(seed, width * height)
          const decoded = await decode(await encodePng(pixels, width, height))
          expect([decoded.width, decoded.height]).toEqual([width, height])
          expect(Buffer.compare(Buffer.from(decoded.data), Buffer.from(pixels))).toBe(0)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('loses no pixel where bands meet', async () => {
    const [width, height] = [1200, 700]
    const pixels = noise('bands', width * height)
    const decoded = await decode(await encodePng(pixels, width, height))
    expect(Buffer.compare(Buffer.from(decoded.data), Buffer.from(pixels))).toBe(0)
  })
})
