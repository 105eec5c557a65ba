/** The path of a scenario: which routers packets to a network meet, in order, balancers and loops among them. */

import { z } from 'zod'

/** `flow`: by addresses, protocol and ports; `packet`: each packet anew; `destination`: by the destination's /24. */
export type Balance = 'flow' | 'packet' | 'destination'

/**
 * A router by name; a load balancer over parallel branches, which may have different lengths and balancers of their own;
 * or a loop of routers among which packets circle until their TTL is used up.
 */
export type PathStep = string | { balance: Balance; branches: PathStep[][] } | { loop: string[] }

const step: z.ZodType<PathStep, PathStep> = z.lazy(() =>
  z.union([
    z.string(),
    z.strictObject({
      balance: z.enum(['flow', 'packet', 'destination']),
      branches: z.array(z.array(step)).min(2),
    }),
    z.strictObject({ loop: z.array(z.string()).min(2) }),
  ]),
)

export const path = z.array(step)

/** From this time on, counted from the first packet that the Internet takes, the way is another. */
export const pathChange = z.strictObject({ fromMs: z.number().min(0), path })

/** Every router that a path names, in order. */
export const pathRouters = (steps: readonly PathStep[]): string[] =>
  steps.flatMap((each) => {
    if (typeof each === 'string') return [each]
    return 'loop' in each ? each.loop : each.branches.flatMap(pathRouters)
  })
