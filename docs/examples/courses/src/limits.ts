// Limits of one request. A router asks about a page of people at once, not more.
import { GraphQLError, Kind, parse, validate, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';

export const maxBody = 1 << 20; // bytes
const maxTokens = 5_000; // of a document
const maxFields = 2_000; // that a document names, with its fragments written out

export const boundedParse: typeof parse = (source, options) => parse(source, { ...options, maxTokens });

// boundedValidate counts before it validates: both take time by the fields that there are.
export const boundedValidate: typeof validate = (schema, document, ...rest) =>
  fieldsOf(document) > maxFields
    ? [new GraphQLError('查询过大。 The document asks for too many fields.', { extensions: { code: 'BAD_USER_INPUT', reason: 'TOO_COSTLY' } })]
    : validate(schema, document, ...rest);

// fieldsOf counts each fragment once, and its fields at each place that spreads it; to
// spread one counts too, or a circle of fragments would be nothing.
function fieldsOf(document: DocumentNode): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const d of document.definitions) if (d.kind === Kind.FRAGMENT_DEFINITION) fragments.set(d.name.value, d);
  const counted = new Map<string, number>();
  const within = (set: SelectionSetNode | undefined): number => {
    let sum = 0;
    for (const s of set?.selections ?? []) {
      if (s.kind === Kind.FIELD) sum += 1 + within(s.selectionSet);
      else if (s.kind === Kind.INLINE_FRAGMENT) sum += within(s.selectionSet);
      else sum += 1 + spread(s.name.value);
    }
    return sum;
  };
  const spread = (name: string): number => {
    if (!counted.has(name)) {
      counted.set(name, 0); // a fragment within itself is validation's to refuse
      counted.set(name, within(fragments.get(name)?.selectionSet));
    }
    return counted.get(name)!;
  };
  let sum = 0;
  for (const d of document.definitions) if (d.kind === Kind.OPERATION_DEFINITION) sum += within(d.selectionSet);
  return sum;
}
