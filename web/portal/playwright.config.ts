import { defineConfig } from '@playwright/test'

// The real binary on SQLite, in Debian's Chromium. test/hub.ts starts it.
export default defineConfig({
  testDir: 'test', workers: 1, timeout: 60_000, reporter: 'line', fullyParallel: false,
  expect: { timeout: 15_000 },
  use: {
    locale: 'zh-CN', timezoneId: 'Asia/Shanghai',
    launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] }
  }
})
