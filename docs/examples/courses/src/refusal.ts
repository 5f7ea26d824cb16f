// What a client may be told, Chinese first. Every other error is ours: it is logged,
// and the client learns only that there was one.
import { GraphQLError } from 'graphql';

export class Refusal extends Error {
  constructor(
    readonly code: 'BAD_USER_INPUT' | 'CONFLICT' | 'FORBIDDEN' | 'NOT_FOUND',
    readonly reason: string,
    readonly zh: string,
    readonly en: string,
  ) {
    super(`${zh} ${en}`);
  }
}

// present makes of an error what a client reads. log hears of those that are ours.
export function present(err: Readonly<GraphQLError | Error>, log: (fields: object) => void): GraphQLError | Error {
  if (!(err instanceof GraphQLError)) return err; // the request itself, in the words of the library
  const cause = err.originalError;
  if (cause instanceof Refusal) {
    const { code, reason, zh, en } = cause;
    return told(err, cause.message, { code, reason, message: { zh, en } });
  }
  if (cause == null || cause instanceof GraphQLError) return err; // the document or its variables
  log({ level: 'error', path: err.path?.join('.'), error: cause.stack });
  return told(err, '系统内部错误。 Something went wrong here.', { code: 'INTERNAL', reason: 'INTERNAL' });
}

function told(err: Readonly<GraphQLError>, message: string, extensions: Record<string, unknown>): GraphQLError {
  return new GraphQLError(message, { nodes: err.nodes ?? null, path: err.path ?? null, extensions });
}
