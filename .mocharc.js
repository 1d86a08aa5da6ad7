const inCi = Boolean(process.env.CI)

export default {
  spec: ['test/**/*.test.ts'],
  require: ['test/support/root-hooks.ts'],
  timeout: 10_000,
  exit: true,
  slow: 1_000,
  forbidOnly: inCi,
}
