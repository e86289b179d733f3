type OneOrMany<T> = T | T[];

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Record<string, OneOrMany<string>>;
  readonly Action?: OneOrMany<string>;
  readonly NotAction?: OneOrMany<string>;
  readonly Resource?: OneOrMany<string>;
  readonly NotResource?: OneOrMany<string>;
  readonly Condition?: Record<string, Record<string, OneOrMany<string | boolean>>>;
}

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: OneOrMany<Statement>;
}

export interface AccessRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: Record<string, string | string[]>;
  /** The service principal that asks, when the policy is one of a resource or a role's trust. */
  readonly service?: string;
}

/**
 * IAM's policy evaluation for one account: an explicit deny wins, then an allow, else it is denied. An element that is not
 * understood is an error and never an allow. (The libraries that do this are incomplete or not under a compatible licence.)
 */
export function decide(policies: PolicyDocument[], request: AccessRequest): { allowed: boolean; explicit: boolean } {
  const applying = policies.flatMap(policy => many(policy.Statement)).filter(statement => applies(statement, request));
  if (applying.some(statement => statement.Effect === 'Deny')) return { allowed: false, explicit: true };
  return { allowed: applying.some(statement => statement.Effect === 'Allow'), explicit: false };
}

/** Fails on what `decide` would not understand, before anything relies on it. */
export function check(policy: PolicyDocument): void {
  for (const statement of many(policy.Statement)) {
    for (const operator of Object.keys(statement.Condition ?? {})) testOf(operator);
  }
}

function applies(statement: Statement, request: AccessRequest): boolean {
  const { Action, NotAction, Resource, NotResource, Principal, Condition = {} } = statement;
  const isAction = (pattern: string) => like(pattern.toLowerCase(), request.action.toLowerCase());
  const isResource = (pattern: string) => like(substitute(pattern, request.context), request.resource);
  if (Action !== undefined ? !many(Action).some(isAction) : !NotAction || many(NotAction).some(isAction)) return false;
  if (Resource !== undefined && !many(Resource).some(isResource)) return false;
  if (NotResource !== undefined && many(NotResource).some(isResource)) return false;
  if (request.service !== undefined && !namesService(Principal, request.service)) return false;
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => holds(operator, lookUp(request.context, key),
      many(values).map(value => substitute(String(value), request.context)))));
}

function namesService(principal: Statement['Principal'], service: string): boolean {
  if (principal === undefined) throw new Error('A policy that grants something to a service has a statement without Principal.');
  return principal === '*' || many(principal.Service ?? []).includes(service);
}

type Test = (actual: string, expected: string) => boolean;
const OPERATORS: Record<string, Test> = {
  StringEquals: (actual, expected) => actual === expected,
  StringEqualsIgnoreCase: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  StringLike: (actual, expected) => like(expected, actual),
  ArnEquals: (actual, expected) => like(expected, actual), // the same as ArnLike, by IAM's guide
  ArnLike: (actual, expected) => like(expected, actual),
  NumericEquals: (actual, expected) => Number(actual) === Number(expected),
  NumericLessThan: (actual, expected) => Number(actual) < Number(expected),
  NumericGreaterThan: (actual, expected) => Number(actual) > Number(expected),
  Bool: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
};

function testOf(operator: string): { test: Test; negated: boolean; ifExists: boolean; set?: string } {
  const [, set, base, ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/.exec(operator)!;
  const test = base === 'Null' ? () => true : OPERATORS[base.replace('Not', '')];
  if (!test) {
    throw new Error(`A policy has the condition operator ${operator}, which the local stand does not evaluate. `
      + `It knows Null, ${Object.keys(OPERATORS).join(', ')}, their Not- and IfExists- forms, and ForAllValues: and ForAnyValue: of these; add it in local/aws/policy.ts.`);
  }
  return { test, negated: base.includes('Not'), ifExists: ifExists !== undefined, set };
}

/**
 * Several values in a condition are alternatives, except under a negated operator, where none of them may match. A key that has
 * several values in the request takes ForAllValues or ForAnyValue; without any value the first holds, and the second does not.
 */
function holds(operator: string, actual: string | string[] | undefined, expected: string[]): boolean {
  if (operator === 'Null') return (actual === undefined) === (expected[0] === 'true');
  const { test, negated, ifExists, set } = testOf(operator);
  const matches = (one: string) => expected.some(value => test(one, value)) !== negated;
  if (set === 'ForAllValues') return many(actual ?? []).every(matches);
  if (set === 'ForAnyValue') return actual === undefined ? ifExists : many(actual).some(matches);
  if (actual === undefined) return ifExists || negated;
  if (Array.isArray(actual)) throw new Error(`A policy has the condition operator ${operator} on a key of several values; it takes ForAllValues: or ForAnyValue:.`);
  return matches(actual);
}

function many<T>(value: OneOrMany<T>): T[] {
  return Array.isArray(value) ? value : [value];
}

/** Condition keys are not case-sensitive, except for the key of a tag. */
function lookUp(context: AccessRequest['context'], key: string): string | string[] | undefined {
  const fold = (name: string) => name.replace(/^[^/]*/, prefix => prefix.toLowerCase());
  return Object.entries(context).find(([name]) => fold(name) === fold(key))?.[1];
}

/** Policy variables, such as `${aws:PrincipalAccount}`; an absent one, and one of several values, matches nothing. */
function substitute(pattern: string, context: AccessRequest['context']): string {
  return pattern.replace(/\$\{([^}]+)\}/g, (_, key: string) => {
    const value = lookUp(context, key);
    return typeof value === 'string' ? value : '\0';
  });
}

function like(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${escaped}$`, 's').test(text);
}
