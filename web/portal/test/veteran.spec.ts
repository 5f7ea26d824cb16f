import { test, expect } from '@playwright/test'
import { accessible, complaints, fill, Hub } from './hub'

const hub = new Hub()
test.beforeAll(async () => { await hub.start() })
test.afterAll(async () => { await hub.end() })

const shots = process.env.PICTURES
for (const [device, viewport] of Object.entries({ phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } })) {
  test(`from sign-in to rating, ${device}`, async ({ browser }) => {
    const page = await browser.newPage({ viewport, baseURL: hub.url })
    const said = complaints(page)
    const picture = async (name: string) => { if (shots) await page.screenshot({ path: `${shots}/portal-${name}-${device}.png` }) }
    const person = (await hub.people())[device === 'phone' ? 0 : 1]!
    await page.goto('/')
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('退役的事，一次办完')
    await accessible(page)
    await picture('sign-in')
    await page.getByRole('button', { name: person.zh.split('：')[0]! }).click()
    await expect(page.getByRole('heading', { name: /您现在能办/ })).toBeVisible()
    await accessible(page)
    await picture('home')
    await page.getByRole('button', { name: /填一张表/ }).click()
    await expect(page.getByRole('heading', { name: /还差/ })).toBeVisible()
    await page.getByRole('button', { name: '提交', exact: true }).click()
    await expect(page.getByRole('alert')).toBeFocused()
    await accessible(page)
    await picture('errors')
    await fill(page, person.answers!)
    await expect(page.getByRole('heading', { name: '都填好了' })).toBeVisible()
    await expect(page.getByText('已自动存好')).toBeVisible()
    await picture('form')

    // Off the net nothing is lost, and a reload finds all of it.
    await page.context().setOffline(true)
    await page.getByRole('button', { name: '提交', exact: true }).click()
    await expect(page.getByText('您填的内容还在。再点一次不会重复办理。')).toBeVisible()
    await page.context().setOffline(false)
    await page.reload()
    await expect(page.getByRole('heading', { name: '都填好了' })).toBeVisible()

    // Two clicks are one case.
    await page.getByRole('button', { name: '提交', exact: true }).dblclick()
    await expect(page).toHaveURL(/portal\/case\//)
    const { data } = await hub.ask('veteran', '{ me { veteran { cases(first: 5) { nodes { id } } } } }', {}, `&id=${person.id}`)
    expect(data.me.veteran.cases.nodes).toHaveLength(1)

    await expect(page.getByRole('heading', { name: '每件事到哪里了' })).toBeVisible()
    await accessible(page)
    await picture('progress')
    if (device === 'phone') { // the hub is killed while the page follows it
      await hub.stop()
      await hub.start()
    }
    await expect(page.getByRole('heading', { level: 1, name: /全部办结|已办结/ })).toBeVisible({ timeout: 40_000 })
    await page.getByRole('radio', { name: '非常满意' }).check()
    await accessible(page)
    await picture('sheet')
    const sheet = page.waitForEvent('download')
    await page.getByRole('button', { name: /下载反馈单/ }).click()
    await sheet
    await page.getByRole('button', { name: '交评价' }).click()
    await expect(page.getByText('您的评价已收到')).toBeVisible()

    await page.getByRole('link', { name: '谁看过我的信息' }).click()
    await expect(page.getByRole('heading', { level: 1, name: '谁看过我的信息' })).toBeVisible()
    await expect(page.locator('#main li, #main .note').first()).toBeVisible()
    await accessible(page)
    await picture('reads')
    await page.getByRole('link', { name: '信息与授权' }).click()
    await page.getByRole('button', { name: '我看过告知，同意' }).click()
    await expect(page.getByText('已同意，您随时可以撤回。')).toBeVisible()
    await page.getByRole('button', { name: '撤回同意' }).click()
    await expect(page.getByText('已撤回同意。')).toBeVisible()
    await accessible(page)
    await picture('mine')
    expect(said).toEqual([])
    await page.close()
  })
}

test('by keyboard alone', async ({ browser }) => {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 }, baseURL: hub.url })
  await page.goto('/')
  await expect(page.getByRole('button', { name: /关思雨/ })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: '跳到正文' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
  for (let n = 0; n < 3; n++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: /您现在能办/ })).toBeVisible()
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
  const go = page.getByRole('button', { name: /填一张表/ })
  for (let n = 0; n < 80 && !(await go.evaluate((e) => e === document.activeElement)); n++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: /还差/ })).toBeVisible()
  await page.close()
})
