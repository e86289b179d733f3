import { Invocation } from './aws/lambda';
import { Control, Outcome } from './report';

/** What the function returned in the end; undefined when it failed. */
export function outcomeOf({ attempts }: Invocation): Outcome | undefined {
  const last = attempts[attempts.length - 1];
  return last.result === undefined ? undefined : JSON.parse(last.result);
}

/** Throws unless a control run ended in the refusal that it is made for. */
export function requireRefusal({ name, verdict, untouched }: Control, reason: string): void {
  const reasons = verdict?.refusals?.map(each => each.reason) ?? [];
  if (verdict?.decision !== 'refuse' || !reasons.includes(reason) || !untouched) {
    throw new Error(`${name}: a refusal by ${reason} was expected, and a machine that nothing happened to, but there is `
      + JSON.stringify({ verdict, untouched }));
  }
}

/** Throws unless the answer is a refusal by this reason, first of all. */
export function requireReason(outcome: Outcome | undefined, reason: string): void {
  if (outcome?.reason !== reason) throw new Error(`A refusal by ${reason} was expected, but there is ${JSON.stringify(outcome)}`);
}
