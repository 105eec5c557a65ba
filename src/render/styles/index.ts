/** The looks that a map can have. */

import { makeRegistry } from '../../core/registry.ts'
import { blueprint } from './blueprint.ts'
import { botnet } from './botnet.ts'
import type { MapStyle } from './contract.ts'
import { dark } from './dark.ts'
import { light } from './light.ts'
import { print } from './print.ts'
import { satelliteNight } from './satellite-night.ts'
import { seed } from './seed.ts'

export const styles = makeRegistry<MapStyle>('style', [dark, light, print, satelliteNight, blueprint, botnet, seed])
