/** Spreads amounts into small Gaussians, one axis after the other. */

export const kernelOf = (spotPixels: number): Float32Array => {
  const reach = Math.max(1, Math.ceil(spotPixels * 3))
  return Float32Array.from({ length: reach * 2 + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * spotPixels ** 2)))
}

/** Adds `kernel` times each value of `from` to `to` along one axis; what falls off the ends is lost. */
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

export const blur = (values: Float32Array, across: Float32Array, kernel: Float32Array, width: number): void => {
  across.fill(0)
  spread(values, across, kernel, 1)
  values.fill(0)
  spread(across, values, kernel, width)
}
