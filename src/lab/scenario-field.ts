/** Fields that several parts of a scenario have. */

import { z } from 'zod'
import { parseIpv4 } from '../core/ip.ts'

export const share = z.number().min(0).max(1)
export const address = z.string().refine((text) => parseIpv4(text) !== null, 'not an IPv4 address')
export const prefix = z.string().refine((text) => {
  const [base, bits, ...rest] = text.split('/')
  return rest.length === 0 && parseIpv4(base ?? '') !== null && /^(?:[0-9]|[12][0-9]|3[0-2])$/.test(bits ?? '')
}, 'not an IPv4 prefix like 10.64.0.0/12')

export const place = z.strictObject({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  city: z.string().optional(),
  region: z.string().optional(),
  country: z.string().optional(),
  countryCode: z.string().length(2).optional(),
  accuracyKm: z.number().min(0).optional(),
})
