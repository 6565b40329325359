import { defineConfig } from 'vitest/config'

const resolve = { conditions: ['astakos-source', 'node'] }
const shared = { resolve, ssr: { resolve } }

export default defineConfig({
  test: {
    reporters: ['default', './scripts/closing-line.mjs'],
    projects: [
      {
        ...shared,
        test: {
          name: 'client',
          include: ['packages/client/test/**/*.test.ts'],
          isolate: false,
          pool: 'forks',
          testTimeout: 30_000,
          typecheck: {
            enabled: true,
            tsconfig: './tsconfig.tests.json',
            include: ['packages/client/test/**/*.test-d.ts'],
            // `npm run typecheck` finds those; here they would count once for each run.
            ignoreSourceErrors: true,
          },
        },
      },
      {
        ...shared,
        test: {
          name: 'server',
          include: ['packages/server/test/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
