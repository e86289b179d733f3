type State = Record<string, any>;
/** What is in the data is known only by its name: the answer of a function or of AWS, with whatever is in it. */
const ANY = '<any>';
const FAILURE = { Error: ANY, Cause: ANY };
type Truth = true | false | 'maybe';

const keysOf = (path: string) => path.split(/[.[\]]+/).slice(1).filter(key => key !== '');

function get(data: any, path: string): any {
  if (path.startsWith('$$')) return ANY;
  return keysOf(path).reduce((value, key) => value === ANY ? ANY : value?.[key], data);
}

function set(data: any, [key, ...rest]: string[], value: any): any {
  if (key === undefined) return value;
  return data === ANY ? ANY : { ...data, [key]: set(data?.[key] ?? {}, rest, value) };
}

/**
 * Goes every way that a workflow in JSONPath can take, with what the states before have put into the data, and answers the references to
 * what may be absent then, as `state: path`. On AWS they end an execution with States.Runtime, which no Catch takes.
 */
export function absentReferences(startAt: string, states: Record<string, State>, input: unknown = ANY): string[] {
  const absent = new Set<string>();
  const seen = new Set<string>();
  const ways: [string, any][] = [[startAt, input]];
  const readFrom = Object.fromEntries(Object.keys(states).map(name => [name, readAfter(name, states)]));
  for (let way = ways.pop(); way; way = ways.pop()) {
    const [name, data] = way;
    const key = JSON.stringify(way);
    if (seen.has(key)) continue;
    seen.add(key);
    const next = after(states[name], data, path => absent.add(`${name}: ${path}`));
    ways.push(...next.map(([to, there]): [string, any] => [to, whatMatters(there, readFrom[to])]));
    if (states[name].ItemProcessor) {
      const { StartAt, States } = states[name].ItemProcessor;
      absentReferences(StartAt, States, filled(states[name].ItemSelector, data, () => {})).forEach(each => absent.add(each));
    }
  }
  return [...absent].sort();
}

/** What is read in a state, or in one that may come after it, as keys. */
function readAfter(name: string, states: Record<string, State>, seen = new Set<string>()): string[][] {
  if (seen.has(name)) return [];
  seen.add(name);
  const own = JSON.stringify(states[name], (key, value) => key === 'ResultPath' ? undefined : value);
  const next = [...own.matchAll(/"(?:Next|Default)":"([^"]+)"/g)].map(([, to]) => to).filter(to => states[to]);
  return [...[...own.matchAll(/\$\.[\w.[\]]+/g)].map(([path]) => keysOf(path)), ...next.flatMap(to => readAfter(to, states, seen))];
}

/** The data without what nobody reads any more: otherwise there would be too many ways. */
function whatMatters(data: any, read: string[][]): any {
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).flatMap(([key, value]) => {
    const below = read.filter(([first]) => first === key).map(([, ...rest]) => rest);
    if (below.length === 0) return [];
    return [[key, typeof value === 'object' && below.every(keys => keys.length === 0) ? ANY : whatMatters(value, below)]];
  }));
}

/** Where a state leads to, each with the data there. */
function after(state: State, data: any, report: (path: string) => void): [string, any][] {
  const read = (path: string) => {
    const value = get(data, path);
    if (value === undefined) report(path);
    return value ?? ANY;
  };
  [state.SecondsPath, state.CausePath, state.ErrorPath, state.ItemsPath].forEach(path => path && pathsIn(path).forEach(read));
  if (state.Type === 'Choice') {
    const ways: [string, any][] = [];
    for (const rule of state.Choices) {
      const truth = truthOf(rule, data, read);
      if (truth) ways.push([rule.Next, data]);
      if (truth === true) return ways;
    }
    return state.Default ? [...ways, [state.Default, data]] : ways;
  }
  const given = state.Parameters ?? state.ItemSelector;
  const asked = given ? filled(given, data, path => read(path)) : read(state.InputPath ?? '$');
  const answer = state.Type === 'Pass' ? state.Result ?? asked : state.ResultSelector ? filled(state.ResultSelector, ANY, () => {}) : ANY;
  const put = (path: string | null | undefined, value: any) => path === null ? data : set(data, keysOf(path ?? '$'), value);
  const next = ['Task', 'Pass', 'Map'].includes(state.Type) ? put(state.ResultPath, answer) : data;
  return [
    ...(state.Next ? [[state.Next, state.OutputPath ? get(next, state.OutputPath) : next]] : []) as [string, any][],
    ...(state.Catch ?? []).map(({ Next, ResultPath }: any) => [Next, put(ResultPath, FAILURE)] as [string, any]),
  ];
}

/** A path itself, or those that an intrinsic function is given. */
const pathsIn = (value: string): string[] => value.match(/\$[\w.$[\]]*/g) ?? [];

/** A payload template with its paths filled in. */
function filled(template: any, data: any, read: (path: string) => void): any {
  if (Array.isArray(template)) return template.map(each => filled(each, data, read));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => {
    if (!key.endsWith('.$')) return [key, filled(value, data, read)];
    pathsIn(String(value)).forEach(read);
    return [key.slice(0, -2), String(value).startsWith('$') ? get(data, String(value)) ?? ANY : ANY];
  }));
}

function truthOf(rule: any, data: any, read: (path: string) => any): Truth {
  if (rule.Not) {
    const truth = truthOf(rule.Not, data, read);
    return truth === 'maybe' ? truth : !truth;
  }
  if (rule.And || rule.Or) {
    let all: Truth = Boolean(rule.And);
    for (const each of rule.And ?? rule.Or) {
      const truth = truthOf(each, data, read);
      if (truth === !rule.And) return truth;
      if (truth === 'maybe') all = truth;
    }
    return all;
  }
  if (rule.IsPresent !== undefined) {
    const value = get(data, rule.Variable);
    return value === ANY ? 'maybe' : (value !== undefined) === rule.IsPresent;
  }
  const value = read(rule.Variable);
  const [equal] = [rule.StringEquals, rule.NumericEquals, rule.BooleanEquals].filter(each => each !== undefined);
  return value === ANY || equal === undefined ? 'maybe' : value === equal;
}
