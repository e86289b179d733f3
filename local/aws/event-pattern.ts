/** An event pattern of EventBridge: what a rule wants to be given. */
export type EventPattern = { readonly [field: string]: EventPattern | readonly Filter[] };

type Literal = string | number | boolean | null;
type Filter = Literal | { readonly [operator: string]: unknown };

const PLAYED = 'a literal, {"prefix": text}, {"exists": true or false} and {"anything-but": literal or list of literals}';

/** Fails on a pattern that `matches` would not understand, by the name of what it does not. */
export function checkPattern(pattern: unknown, path = 'EventPattern'): asserts pattern is EventPattern {
  if (!isObject(pattern) || Object.keys(pattern).length === 0) throw new Error(`${path} must be an object with a field or more, got ${JSON.stringify(pattern)}.`);
  for (const [field, value] of Object.entries(pattern)) {
    const inner = `${path}.${field}`;
    if (field.startsWith('$')) throw new Error(`${inner}: the local EventBridge does not play ${field}.`);
    if (!Array.isArray(value)) {
      checkPattern(value, inner);
    } else {
      if (!value.length) throw new Error(`${inner} must not be an empty list: it would match nothing.`);
      value.forEach(filter => checkFilter(filter, inner));
    }
  }
}

/** Whether a rule with this pattern is given the event. */
export function matches(pattern: EventPattern, event: unknown): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    const value = isObject(event) ? event[field] : undefined;
    return Array.isArray(wanted) ? matchesOne(wanted as Filter[], value) : matches(wanted as EventPattern, value);
  });
}

function checkFilter(filter: unknown, path: string): void {
  if (isLiteral(filter)) return;
  const operators = isObject(filter) ? Object.keys(filter) : [];
  const [operator] = operators;
  const value = isObject(filter) ? filter[operator] : undefined;
  const played = operators.length === 1 && (operator === 'prefix' ? typeof value === 'string'
    : operator === 'exists' ? typeof value === 'boolean'
      : operator === 'anything-but' ? isLiteral(value) || Array.isArray(value) && value.length > 0 && value.every(isLiteral)
        : false);
  if (!played) throw new Error(`${path}: the local EventBridge does not play the filter ${JSON.stringify(filter)}; it plays ${PLAYED}.`);
}

/** The filters of a list are alternatives, and so are the elements when the event has a list there. */
function matchesOne(filters: Filter[], value: unknown): boolean {
  const leaves = Array.isArray(value) ? value : value === undefined || isObject(value) ? [] : [value];
  return filters.some(filter => {
    if (isLiteral(filter)) return leaves.includes(filter);
    if ('exists' in filter) return (leaves.length > 0) === filter.exists; // of a leaf; an object is none
    if ('prefix' in filter) return leaves.some(leaf => typeof leaf === 'string' && leaf.startsWith(filter.prefix as string));
    const unwanted = [filter['anything-but']].flat();
    return leaves.some(leaf => !unwanted.includes(leaf));
  });
}

function isLiteral(value: unknown): value is Literal {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
