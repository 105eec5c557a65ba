import { defineConfig } from 'vitest/config'

/** Tests of the built program: they need `npm run build`. */
const PROGRAM_TESTS = ['test/e2e/**/*.test.ts']
/** Tests of the kernel, most need root and the build, and what measures time: one file after the other. */
const SYSTEM_TESTS = ['test/lab-root/**/*.test.ts', 'test/e2e/banner-reader.test.ts']

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: 'scripts/build-viewer.mjs',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...PROGRAM_TESTS, ...SYSTEM_TESTS],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'program',
          include: PROGRAM_TESTS,
          exclude: SYSTEM_TESTS,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: SYSTEM_TESTS,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
