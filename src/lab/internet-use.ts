/**
 * How many addresses a country has for its people, roughly: 1 is the world's busy average. Rounded from what is commonly
 * known of address counts and Internet use; the simulated picture should look familiar, nothing more.
 */

const FACTOR_ROWS: readonly (readonly [number, string])[] = [
  [3.2, 'US NL SG IS LU'],
  [2.4, 'DE GB SE NO DK FI CH CA HK IE EE FR'],
  [1.9, 'IT JP KR TW AU NZ BE AT CZ IL'],
  [1.4, 'ES PT PL HU SK SI LT LV HR GR CY'],
  [0.9, 'RU UA RO BG RS BY MD AE QA KW BH CL BR AR UY CR PA'],
  [0.6, 'TR MX CO PE EC SA OM MY TH VN ZA KZ GE AM AZ MK BA AL PR MU MA TN DO JM TT'],
  [0.45, 'CN IR JO LB PY VE BO GT SV HN NI KE'],
  [0.35, 'IN ID PH EG DZ LK IQ'],
  [0.15, 'PK BD NP MM KH LA MN UZ KG TJ TM CU SY LY PS NG GH SN CI CM TZ UG ZM ZW NA BW RW AO MZ'],
  [0.01, 'KP'],
]

/** Countries not listed are small or hardly connected. */
const OTHER_COUNTRIES = 0.1

const FACTORS: ReadonlyMap<string, number> = new Map(
  FACTOR_ROWS.flatMap(([factor, codes]) => codes.split(' ').map((code) => [code, factor] as const)),
)

export const internetUse = (countryCode: string): number => FACTORS.get(countryCode) ?? OTHER_COUNTRIES
