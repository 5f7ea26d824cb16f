// The hub as the portal speaks to it: /graphql alone, and who is signed in.
import { Client, fetchExchange, subscriptionExchange, type AnyVariables, type CombinedError, type TypedDocumentNode } from '@urql/core'
import { createClient } from 'graphql-sse'
import { ref } from 'vue'

export const token = ref(sessionStorage.getItem('token') ?? '')
export function signIn(text: string) {
  token.value = text
  if (text) sessionStorage.setItem('token', text)
  else sessionStorage.removeItem('token')
}
export const headers = (): Record<string, string> => ({ 'X-Client-Name': 'portal', ...(token.value ? { Authorization: `Bearer ${token.value}` } : {}) })

// A hub that restarts is waited for as long as the page is open.
const live = createClient({
  url: '/graphql', headers, retryAttempts: Infinity,
  retry: (tries) => new Promise((done) => setTimeout(done, Math.min(300 * 2 ** tries, 4000)))
})
const client = new Client({
  url: '/graphql', preferGetMethod: false, requestPolicy: 'network-only',
  fetchOptions: () => ({ headers: { ...headers(), Accept: 'application/graphql-response+json, application/json;q=0.9' } }),
  exchanges: [fetchExchange, subscriptionExchange({
    forwardSubscription: (op) => ({ subscribe: (sink) => ({ unsubscribe: live.subscribe({ query: op.query ?? '', variables: op.variables }, sink as never) }) })
  })]
})

/** What went wrong, in words for people. offline: the hub was not reached at all. */
export class Trouble extends Error {
  constructor(message: string, readonly reason: string, readonly offline: boolean) { super(message) }
}
function trouble(e: CombinedError): Trouble {
  const x = e.graphQLErrors[0]?.extensions as { reason?: string; message?: { zh?: string } } | undefined
  const status = (e.response as Response | undefined)?.status
  if (status === 401 || x?.reason?.startsWith('TOKEN_')) {
    signIn('')
    return new Trouble('登录已到期，请重新登录。您填的内容还在。', 'SIGNED_OUT', false)
  }
  if (e.networkError && !x) return new Trouble('现在连不上网，请稍后再试。', 'OFFLINE', true)
  return new Trouble(x?.message?.zh ?? '暂时办不了，请稍后再试。', x?.reason ?? '', false)
}

/** Asks one query or mutation; throws a Trouble. */
export async function ask<T, V extends AnyVariables>(document: TypedDocumentNode<T, V>, variables: V): Promise<T> {
  const mutation = String(document).startsWith('mutation')
  const answer = await (mutation ? client.mutation(document, variables) : client.query(document, variables)).toPromise()
  if (answer.error || !answer.data) throw answer.error ? trouble(answer.error) : new Trouble('暂时办不了，请稍后再试。', '', false)
  return answer.data
}

/** Follows a subscription; a line that breaks is taken up again. */
export function follow<T, V extends AnyVariables>(document: TypedDocumentNode<T, V>, variables: V, take: (data: T) => void): () => void {
  return client.subscription(document, variables).subscribe((r) => { if (r.data) take(r.data) }).unsubscribe
}

/** Opens or saves what a link cannot fetch, as a link has no token. */
export async function download(path: string, name: string) {
  const answer = await fetch(path, { headers: headers() })
  if (!answer.ok) throw new Trouble('暂时取不到，请稍后再试。', '', false)
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await answer.blob())
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** A key that counts a submission once; crypto.randomUUID is not there on plain HTTP. */
export const newKey = () => 'portal-' + Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
