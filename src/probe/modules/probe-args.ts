/** What probe modules share in reading `--probe-args`. */

import { InterplotError } from '../../core/errors.ts'

/** @throws InterplotError ERR_USAGE when arguments were given to a module that takes none. */
export const refuseArgs = (module: string, args: string | null): void => {
  if (args === null) return
  throw new InterplotError('ERR_USAGE', `the probe module ${module} takes no --probe-args`, {
    advice: 'Leave them out, or choose another module: interplot scan --list-probe-modules',
  })
}
