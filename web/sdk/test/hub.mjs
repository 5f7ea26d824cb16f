// The whole way of a portal with the package as it is published, against a hub that
// runs nothing but this package's documents: node test/hub.mjs URL TOKEN VETERAN INPUT
import assert from 'node:assert/strict'
import { AnswerError, CaseDocument, CaseProgressDocument, Client, HomeDocument, PlanDocument, SubmitCaseDocument, TypedDocumentString, WithdrawCaseDocument } from '../dist/index.js'

const [url, token, veteran, input] = process.argv.slice(2)
let breaks = 0
const client = new Client({ url, client: 'sdk-test', token: () => token, trusted: true, fetch: breaking })

// The first stream breaks after its first message: the client takes it up again.
async function breaking(address, init) {
  const response = await fetch(address, init)
  if (init.headers.Accept !== 'text/event-stream' || breaks++ > 0) return response
  const reader = response.body.getReader()
  const stream = new ReadableStream({
    async pull(out) {
      const { value } = await reader.read()
      if (new TextDecoder().decode(value).includes('event: next')) {
        out.enqueue(value)
        await reader.cancel()
        out.error(new Error('the line broke'))
      } else out.enqueue(value)
    }
  })
  return new Response(stream, { status: response.status, headers: response.headers })
}

const home = await client.ask(HomeDocument)
assert.equal(home.me.veteran.id, veteran)

const plan = await client.ask(PlanDocument, { veteran })
assert.ok(plan.plan.totals.after.visits < plan.plan.totals.before.visits)

const sent = { ...JSON.parse(input), veteranId: veteran, idempotencyKey: 'sdk-test-1' }
const first = await client.ask(SubmitCaseDocument, { input: sent })
assert.deepEqual(first.submitCase.problems, [])
const again = await client.ask(SubmitCaseDocument, { input: sent })
assert.equal(again.submitCase.replayed, true)
const id = first.submitCase.case.id

let messages = 0
let last
for await (const { caseProgress } of client.follow(CaseProgressDocument, { id })) {
  messages++
  last = caseProgress
}
assert.ok(last.over && breaks > 1 && messages > 1, `over ${last.over}, ${breaks} lines, ${messages} messages`)

const done = await client.ask(CaseDocument, { id })
assert.equal(done.case.feedbackSheet.lines.length, done.case.items.length)

await assert.rejects(client.ask(WithdrawCaseDocument, { input: { caseId: id } }), (e) => {
  assert.ok(e instanceof AnswerError && e.faults[0].zh && e.faults[0].en && e.request, String(e))
  return true
})
await assert.rejects(client.ask(new TypedDocumentString('{ matters { code } }')), (e) => e.has('DOCUMENT_UNTRUSTED'))
await assert.rejects(new Client({ url, client: 'sdk-test', token: () => 'no token' }).ask(HomeDocument), (e) => e.has('TOKEN_INVALID') && e.status === 401)
console.log(`a portal's way: ${messages} messages over ${breaks} lines, ${done.case.items.length} items, ${done.case.state}`)
