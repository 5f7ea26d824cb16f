import type { TypedDocumentString } from './generated/graphql.js'

/** What a client is set up with. */
export interface Options {
  /** Address of /graphql. 接口地址。 */
  url: string
  /** The name under which the hub counts what this program uses; letters first, no long numbers. 程序名。 */
  client: string
  /** The sign-in token, asked for before each request; nothing where nobody is signed in. 登录凭证。 */
  token?: () => string | undefined | Promise<string | undefined>
  /** Send a document's hash and no text: for hubs that have this package's manifest. 只发查询的哈希。 */
  trusted?: boolean
  /** In place of the global fetch. */
  fetch?: typeof fetch
}

/** One mistake, as the hub tells it: docs/errors.md lists every reason. */
export interface Fault {
  /** Class of error, such as BAD_USER_INPUT. */
  code: string
  /** Stable, such as CASE_NOT_FOUND: programs look at this one. */
  reason: string
  /** For people. 给人看的文字。 */
  zh: string
  en: string
  /** The field of the answer that is null for it. */
  path: readonly (string | number)[]
  /** When to try again, if that makes sense. */
  retryAt?: Date
}

/** An answer with mistakes. What could be answered is in data. */
export class AnswerError<T = unknown> extends Error {
  constructor(readonly faults: readonly Fault[], readonly data: T | null, readonly status: number, readonly request: string | null) {
    super(faults.map((f) => `${f.reason}: ${f.zh || f.en}`).join('\n'))
    this.name = 'AnswerError'
  }

  /** Whether one of the mistakes has this reason. */
  has(reason: string): boolean {
    return this.faults.some((f) => f.reason === reason)
  }
}

interface Answer<T> {
  data?: T | null
  errors?: { message: string; path?: (string | number)[]; extensions?: Record<string, unknown> }[]
}

type Variables<V> = V extends Record<string, never> ? [] : [variables: V]

/** A hub, and possibly partners behind it, as this program speaks to them. */
export class Client {
  constructor(private readonly options: Options) {}

  /**
   * Asks one query or mutation. Throws an AnswerError if any part of the answer is
   * missing, whatever the status; what there is stands in its data.
   */
  async ask<T, V>(document: TypedDocumentString<T, V>, ...[variables]: Variables<V>): Promise<T> {
    const response = await this.send(document, variables, 'application/graphql-response+json, application/json;q=0.9')
    return this.read<T>(response, (await response.json()) as Answer<T>)
  }

  /**
   * Follows a subscription until it ends or the signal is raised. A line that breaks
   * is taken up again; the hub then begins with the present state, so that nothing
   * is missed. A mistake in a message ends it with an AnswerError.
   */
  async *follow<T, V>(document: TypedDocumentString<T, V>, variables: V, signal?: AbortSignal): AsyncGenerator<T> {
    for (let tries = 0; ; tries++) {
      try {
        const response = await this.send(document, variables, 'text/event-stream', signal)
        if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
          this.read(response, (await response.json()) as Answer<T>)
          return
        }
        for await (const [event, data] of events(response.body!)) {
          if (event === 'complete') return
          if (event !== 'next') continue
          tries = 0
          yield this.read<T>(response, JSON.parse(data) as Answer<T>)
        }
      } catch (error) {
        if (error instanceof AnswerError || signal?.aborted) throw error
        if (tries >= 5) throw error
      }
      await new Promise((done) => setTimeout(done, Math.min(200 * 2 ** tries, 5000)))
    }
  }

  private async send<T, V>(document: TypedDocumentString<T, V>, variables: unknown, accept: string, signal?: AbortSignal): Promise<Response> {
    const hash = (document.__meta__ as { hash?: string } | undefined)?.hash
    const token = await this.options.token?.()
    const body = this.options.trusted && hash ? { documentId: hash, variables } : { query: document.toString(), variables }
    return await (this.options.fetch ?? fetch)(this.options.url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: accept,
        'X-Client-Name': this.options.client,
        ...(token ? { Authorization: `Bearer ${token}` } : {})
      },
      body: JSON.stringify(body),
      ...(signal ? { signal } : {})
    })
  }

  private read<T>(response: Response, answer: Answer<T>): T {
    if (!answer.errors?.length && answer.data) return answer.data
    const faults = (answer.errors ?? []).map((e): Fault => {
      const { code, reason, message, retryAt } = (e.extensions ?? {}) as { code?: string; reason?: string; message?: { zh?: string; en?: string }; retryAt?: string }
      return {
        code: code ?? '', reason: reason ?? '', zh: message?.zh ?? '', en: message?.en ?? e.message, path: e.path ?? [],
        ...(retryAt ? { retryAt: new Date(retryAt) } : {})
      }
    })
    throw new AnswerError(faults, answer.data ?? null, response.status, response.headers.get('X-Request-Id'))
  }
}

/** The events of a stream, as names and data. */
async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<[event: string, data: string]> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  try {
    for (let rest = ''; ;) {
      const { done, value } = await reader.read()
      if (done) return
      const parts = (rest + value).split('\n\n')
      rest = parts.pop() ?? ''
      for (const part of parts) {
        const lines = part.split('\n')
        const of = (name: string) => lines.filter((l) => l.startsWith(`${name}:`)).map((l) => l.slice(name.length + 1).trim()).join('\n')
        yield [of('event'), of('data')]
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
