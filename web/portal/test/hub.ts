// A hub of one's own: the binary that VETGRAPH names, on SQLite in a folder that is
// thrown away.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'

const free = () => new Promise<number>((done) => {
  const s = createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address() as { port: number }
    s.close(() => done(port))
  })
})

export class Hub {
  private program?: ChildProcess
  private readonly data = mkdtempSync(join(tmpdir(), 'portal-'))
  url = ''
  async start() {
    this.url ||= `http://127.0.0.1:${await free()}`
    this.program = spawn(process.env.VETGRAPH!, ['serve', '--data', this.data, '--veterans', '40', '--workday-takes', '600ms', '--listen', this.url.slice(7), '--admin-listen', '127.0.0.1:0', '--subgraph-listen', '127.0.0.1:0'], { stdio: 'ignore' })
    for (let n = 0; n < 300; n++) {
      if (await fetch(`${this.url}/readyz`).then((r) => r.ok, () => false)) return
      await new Promise((done) => setTimeout(done, 100))
    }
    throw new Error('the hub does not start')
  }
  async stop() {
    const p = this.program!
    const gone = new Promise((done) => p.once('exit', done))
    p.kill('SIGKILL')
    await gone
  }
  async end() {
    await this.stop()
    rmSync(this.data, { recursive: true, force: true })
  }
  /** The heroes, with answers to what their forms ask. */
  async people() {
    return (await (await fetch(`${this.url}/dev/personas`)).json() as { heroes: { id: string; zh: string; answers: { field: string; value: unknown }[] | null }[] }).heroes
  }
  async ask(persona: string, query: string, variables: unknown, more = '') {
    const token = await (await fetch(`${this.url}/dev/token?persona=${persona}${more}`)).text()
    const r = await fetch(`${this.url}/graphql`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }, body: JSON.stringify({ query, variables }) })
    return await r.json() as { data: any; errors?: unknown[] }
  }
}

/** What the console says that it should not: a policy broken, a script failed. */
export function complaints(page: Page): string[] {
  const list: string[] = []
  page.on('console', (m) => { if (m.type() === 'error' && !/Failed to load resource|ERR_/.test(m.text())) list.push(m.text()) })
  page.on('pageerror', (e) => list.push(String(e)))
  return list
}

const axe = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
/** No violation, in standard, large and very large letters; nothing wider than the screen. */
export async function accessible(page: Page) {
  for (const size of ['标准', '大字', '特大']) {
    await page.getByRole('button', { name: size, exact: true }).click()
    await page.evaluate(axe) // not as a script element: the policy would not have it
    const found = await page.evaluate(async () => {
      const r = await (globalThis as any).axe.run(document)
      return r.violations.map((v: any) => `${v.id}: ${v.nodes.slice(0, 3).map((n: any) => n.html.slice(0, 120)).join(' | ')}`) as string[]
    })
    expect(found, `${page.url()} ${size}`).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `${page.url()} ${size} is too wide`).toBeLessThanOrEqual(0)
  }
  await page.getByRole('button', { name: '标准', exact: true }).click()
}

/** Fills in the gaps of the form that is open, as a person would. */
export async function fill(page: Page, answers: { field: string; value: unknown }[]) {
  for (const a of answers) {
    const at = page.locator(`#f-${a.field}`)
    if (!(await at.count())) continue
    const kind = await at.evaluate((e) => e.tagName)
    if (kind === 'INPUT') await at.fill(String(a.value))
    else if (kind === 'FIELDSET') {
      const boxes = at.locator('input')
      const value = Array.isArray(a.value) ? String(a.value[0]) : String(a.value)
      const n = await boxes.count()
      for (let i = 0; i < n; i++) if (n === 1 || (await boxes.nth(i).evaluate((e) => (e as HTMLInputElement).value)) === value) await boxes.nth(i).check()
    } else if (/ivision$/.test(a.field)) {
      const rows = at.locator('xpath=..').locator('select')
      for (const [i, digits] of [4, 6, 9, 12].entries()) await rows.nth(i).selectOption(String(a.value).slice(0, digits).padEnd(12, '0'))
    } else await at.selectOption(String(a.value))
  }
}
