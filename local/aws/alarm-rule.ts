import { AlarmState } from './alarm-evaluation';

/** What a composite alarm's rule is made of. */
type Rule =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'state'; readonly state: AlarmState; readonly alarm: string }
  | { readonly kind: 'not'; readonly operand: Rule }
  | { readonly kind: 'and' | 'or'; readonly operands: Rule[] };

const MAX_LENGTH = 10_240;
const GRAMMAR = 'ALARM("name"), OK("name"), INSUFFICIENT_DATA("name"), TRUE, FALSE, AND, OR, NOT and parentheses';

/**
 * The rule of a composite alarm (AlarmRule): states of other alarms, by name or ARN, joined by AND, OR and NOT. NOT binds the
 * closest and OR the loosest.
 */
export class AlarmRule {
  private readonly rule: Rule;

  /** Fails on text that is not of the grammar. */
  constructor(readonly text: string) {
    if (text.length > MAX_LENGTH) throw new Error(`An AlarmRule has ${MAX_LENGTH} characters at most, got ${text.length}.`);
    const tokens = tokensOf(text);
    this.rule = either(tokens);
    if (tokens.length) throw syntax(text, `'${tokens[0]}' is too much`);
  }

  /** The alarms that the rule names, as it names them. */
  get alarms(): string[] {
    const named = (rule: Rule): string[] => {
      if (rule.kind === 'state') return [rule.alarm];
      if (rule.kind === 'not') return named(rule.operand);
      return rule.kind === 'constant' ? [] : rule.operands.flatMap(named);
    };
    return [...new Set(named(this.rule))];
  }

  holds(stateOf: (alarm: string) => AlarmState): boolean {
    return evaluate(this.rule, stateOf);
  }

  /** The alarms that make the rule what it is now: of an OR that holds only those that let it hold. */
  deciding(stateOf: (alarm: string) => AlarmState): string[] {
    const of = (rule: Rule): string[] => {
      if (rule.kind === 'state') return [rule.alarm];
      if (rule.kind === 'not') return of(rule.operand);
      if (rule.kind === 'constant') return [];
      const holds = evaluate(rule, stateOf);
      const enough = holds === (rule.kind === 'or'); // one operand is enough
      return rule.operands.filter(operand => !enough || evaluate(operand, stateOf) === holds).flatMap(of);
    };
    return [...new Set(of(this.rule))];
  }
}

function evaluate(rule: Rule, stateOf: (alarm: string) => AlarmState): boolean {
  switch (rule.kind) {
    case 'constant': return rule.value;
    case 'state': return stateOf(rule.alarm) === rule.state;
    case 'not': return !evaluate(rule.operand, stateOf);
    case 'and': return rule.operands.every(operand => evaluate(operand, stateOf));
    case 'or': return rule.operands.some(operand => evaluate(operand, stateOf));
  }
}

function either(tokens: string[]): Rule {
  const operands = [both(tokens)];
  while (tokens[0] === 'OR') {
    tokens.shift();
    operands.push(both(tokens));
  }
  return operands.length === 1 ? operands[0] : { kind: 'or', operands };
}

function both(tokens: string[]): Rule {
  const operands = [one(tokens)];
  while (tokens[0] === 'AND') {
    tokens.shift();
    operands.push(one(tokens));
  }
  return operands.length === 1 ? operands[0] : { kind: 'and', operands };
}

function one(tokens: string[]): Rule {
  const token = tokens.shift();
  if (token === 'NOT') return { kind: 'not', operand: one(tokens) };
  if (token === 'TRUE' || token === 'FALSE') return { kind: 'constant', value: token === 'TRUE' };
  if (token === '(') {
    const inner = either(tokens);
    expectToken(tokens, ')');
    return inner;
  }
  if (token === 'ALARM' || token === 'OK' || token === 'INSUFFICIENT_DATA') {
    expectToken(tokens, '(');
    const name = tokens.shift() ?? '';
    expectToken(tokens, ')');
    return { kind: 'state', state: token, alarm: name.replace(/^"(.*)"$/, '$1') };
  }
  throw syntax(tokens.join(' '), token === undefined ? 'it ends too early' : `'${token}' is none of it`);
}

function expectToken(tokens: string[], wanted: string): void {
  const token = tokens.shift();
  if (token !== wanted) throw syntax(tokens.join(' '), `'${wanted}' is wanted, there is '${token ?? 'nothing'}'`);
}

function tokensOf(text: string): string[] {
  return text.match(/"[^"]*"|[()]|[^\s()"]+/g) ?? [];
}

function syntax(near: string, what: string): Error {
  return new Error(`The AlarmRule cannot be read: ${what}${near ? ` (at: ${near.slice(0, 100)})` : ''}. It consists of ${GRAMMAR}.`);
}
