// Words that more than one page says.
const sources: Record<string, string> = {
  VA: '退役军人事务', PS: '公安', HRSS: '人社', HSA: '医保', MIL: '军区动员', UNIT: '原服役部队', APPLICANT: '您本人', DERIVED: '已知信息的计算'
}
export const source = (code: string | null | undefined) => (code ? sources[code] ?? code : '')
export const day = (s: string | null | undefined) => (s ? `${Number(s.slice(0, 4))}年${Number(s.slice(5, 7))}月${Number(s.slice(8, 10))}日` : '')
export const moment = (s: string) => new Date(s).toLocaleString('zh-CN', { timeZone: 'Asia/Shanghai', year: 'numeric', month: 'long', day: 'numeric', hour: '2-digit', minute: '2-digit' })

const items: Record<string, [string, string]> = {
  WAITING: ['等前面的事', ''], READY: ['准备送出', ''], DISPATCHED: ['已送到部门', ''], RECEIVED: ['部门办理中', ''],
  CORRECTION: ['请您补正', 'bad'], SUSPENDED: ['暂停', ''], APPROVED: ['已办成', 'good'], DELIVERED: ['已送达', 'good'],
  REJECTED: ['不予办理', 'bad'], BLOCKED: ['前面的事没有办成', 'bad'], WITHDRAWN: ['已撤回', 'bad'], TERMINATED: ['已终止', 'bad']
}
export const itemState = (s: string): [string, string] => items[s] ?? [s, '']
const cases: Record<string, string> = {
  DRAFT: '还没有交', PRE_REVIEW: '预审中', RETURNED: '预审后请您修改', SUBMITTED: '已提交，等受理', NOT_ACCEPTED: '没有受理', ACCEPTED: '已受理',
  IN_PROGRESS: '各部门正在同时办理', COMPLETED: '全部办结', PARTIALLY_COMPLETED: '已办结，有几件没有办成', REJECTED: '没有办成', WITHDRAWN: '已撤回', TERMINATED: '已终止'
}
export const caseState = (s: string) => cases[s] ?? s
export const isOver = (s: string) => ['NOT_ACCEPTED', 'COMPLETED', 'PARTIALLY_COMPLETED', 'REJECTED', 'WITHDRAWN', 'TERMINATED'].includes(s)

export type Codes = Map<string, { code: string; name: string }[]>
export const codesOf = (lists: { id: string; items: { code: string; name: { zh: string } }[] }[]): Codes =>
  new Map(lists.map((l) => [l.id, l.items.map((i) => ({ code: i.code, name: i.name.zh }))]))

/** A value as a person reads it. */
export function say(value: unknown, codes: Codes, list: string | null | undefined, absent = false): string {
  if (value === null || value === undefined || value === '') return absent ? '记录为“无”' : '尚无'
  if (typeof value === 'boolean') return value ? '是' : '否'
  if (Array.isArray(value)) return value.map((v) => say(v, codes, list)).join('、')
  if (typeof value === 'object') return Object.values(value).map((v) => say(v, codes, list)).join(' ')
  const text = String(value)
  const named = list ? codes.get(list)?.find((c) => c.code === text)?.name : undefined
  return named ?? (/^\d{4}-\d\d-\d\d$/.test(text) ? day(text) : text)
}

const compared = /^(\w+) (==|!=) (null|true|false|"([^"]*)"|-?[\d.]+)$/
/** Whether a field is asked for under its condition; what cannot be read is shown, and the hub decides. */
export function asked(when: string | null | undefined, value: (field: string) => unknown): boolean {
  if (!when) return true
  const among = /^(\w+) in \[(.*)\]$/.exec(when)
  if (among) return among[2]!.split(',').some((s) => s.trim().replaceAll('"', '') === String(value(among[1]!)))
  const m = compared.exec(when)
  if (!m) return true
  const v = value(m[1]!) ?? null
  const want = m[4] !== undefined ? m[4] : m[3] === 'null' ? null : m[3]
  return ((v === null || want === null ? v === want : String(v) === want)) === (m[2] === '==')
}
