/** Points as small Gaussian spots: separable, so that a spot costs two short lines instead of a square. */

/** Peak 1 in the middle; reaches three standard deviations. */
export const spotKernel = (spotPixels: number): Float32Array => {
  const reach = Math.max(1, Math.ceil(spotPixels * 3))
  return Float32Array.from({ length: reach * 2 + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * spotPixels ** 2)))
}

/** Adds `kernel` times each value of `from` to `to`, along x (stride 1) or y (stride = width); what lies nearer to the ends than the kernel reaches is lost. */
const spread = (from: Float32Array, to: Float32Array, kernel: Float32Array, stride: number): void => {
  const reach = (kernel.length - 1) / 2
  const last = from.length - reach * stride
  for (let i = reach * stride; i < last; i += 1) {
    const value = from[i]!
    if (value === 0) continue
    let at = i - reach * stride
    for (let k = 0; k < kernel.length; k += 1) {
      to[at]! += kernel[k]! * value
      at += stride
    }
  }
}

/** Spreads each value over its surroundings, in place; `scratch` is as long. */
export const blurSpots = (values: Float32Array, scratch: Float32Array, kernel: Float32Array, width: number): void => {
  scratch.fill(0)
  spread(values, scratch, kernel, 1)
  values.fill(0)
  spread(scratch, values, kernel, width)
}
