import { Duration } from 'aws-cdk-lib';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Choice, Condition, CustomState, IChainable, JsonPath, Pass, Result, TaskInput, Wait, WaitTime } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { RETRIES, SOON_AGAIN } from './aws-task';
import { holdStates, IS_HELD } from './shield-states';

export const LOOK_EVERY = Duration.minutes(1);
/** So many steps of a collection may go unanswered. What keeps failing that long will not be cured by waiting, and somebody should know. */
const MOST_MISSED_STEPS = 25;
/** As S3 and Systems Manager name it that somebody else's policy bars the collection. Waiting does not change that. */
const DENIED = ['AccessDenied', 'AccessDeniedException'];

export interface DumpOptions {
  readonly interrupt: IFunction;
  readonly watch: IFunction;
  readonly collect: IFunction;
  /** How many looks the return may take. */
  readonly mostLooks: number;
  /** How many steps the collection may take. */
  readonly mostSteps: number;
  /** Writes down that the instance may be dumping from here on. */
  readonly remember: CustomState;
  /** What comes after everything, and after everything that went wrong. */
  readonly next: IChainable;
}

export interface DumpStates {
  /** Interrupts the instance, waits for its return and collects the dump. */
  readonly interrupt: IChainable;
  /** Waits for the return of an instance that another execution has interrupted. */
  readonly await: IChainable;
  /** Extends the hold on the instance's termination, and goes on from where it was. */
  readonly hold: IChainable;
}

/** From the shielded instance to its dump in the bucket. */
export function dumpStates(scope: Construct, { interrupt, watch, collect, mostLooks, mostSteps, remember, next }: DumpOptions): DumpStates {
  const call = (id: string, lambdaFunction: IFunction, payload: object, resultPath: string, retry = RETRIES) => new LambdaInvoke(scope, id, {
    lambdaFunction, payload: TaskInput.fromObject({ ...payload }), payloadResponseOnly: true, resultPath, retryOnServiceExceptions: false,
  }).addRetry(retry);
  const incident = { incident: JsonPath.objectAt('$') };
  const whole = { resultPath: '$.failure' };

  const attempt = (id: string, number: number) => new Pass(scope, id, { result: Result.fromNumber(number), resultPath: '$.attempt' });
  // Tried again without fear: each attempt is spent before it is sent.
  const send = call('Interrupt', interrupt, {
    step: 'interrupt',
    instanceId: JsonPath.stringAt('$.assessed.instanceId'),
    source: JsonPath.objectAt('$.assessed.source'),
    claim: JsonPath.objectAt('$.assessed.claim'),
    attempt: JsonPath.numberAt('$.attempt'),
  }, '$.interrupt').addCatch(next, whole);

  const wait = new Wait(scope, 'WaitForInstance', { time: WaitTime.duration(LOOK_EVERY) });
  // Going on at the first failure would give the instance back while it dumps; trying again in the state would let the hold end.
  const patient = (id: string, lambdaFunction: IFunction, resultPath: string, missed: string, most: number, hopeless: string[]) => {
    const count = new Pass(scope, `${id}Missed`, {
      parameters: { count: JsonPath.mathAdd(JsonPath.numberAt(`${missed}.count`), 1), failure: JsonPath.objectAt(`${missed}.failure`) },
      resultPath: missed,
    });
    const giveUp = new Pass(scope, `${id}NoMore`, { inputPath: `${missed}.failure`, resultPath: '$.failure' });
    count.next(new Choice(scope, `Patient${id}?`)
      .when(Condition.numberGreaterThanEquals(`${missed}.count`, most), giveUp.next(next)).otherwise(wait));
    const task = call(id, lambdaFunction, incident, resultPath, SOON_AGAIN);
    if (hopeless.length > 0) task.addCatch(next, { ...whole, errors: hopeless });
    return task.addCatch(count, { resultPath: `${missed}.failure` });
  };
  // Whatever is denied, the instance may be dumping.
  const look = patient('Watch', watch, '$.watch', '$.missedLooks', mostLooks, []);
  const step = patient('Collect', collect, '$.collection', '$.missedSteps', MOST_MISSED_STEPS, DENIED);
  const pause = new Wait(scope, 'WaitForUpload', { time: WaitTime.secondsPath('$.collection.pauseSeconds') });
  const isTakenOver = Condition.isPresent('$.stopped');
  const progress = (value: string) => Condition.stringEquals('$.watch.progress', value);

  // The first look is at how things are before the interrupt.
  const baseline = call('LookBefore', watch, incident, '$.watch');
  baseline.addCatch(attempt('FirstAttemptBlind', 1).next(remember), { resultPath: JsonPath.DISCARD });
  baseline.next(attempt('FirstAttempt', 1).next(remember));
  remember.addCatch(next, whole);
  remember.next(send);
  const notSent = Condition.or(
    Condition.stringEquals('$.interrupt.decision', 'refuse'),
    Condition.and(Condition.isPresent('$.interrupt.sent'), Condition.booleanEquals('$.interrupt.sent', false)),
  );
  // A second one that is refused: the instance has stirred meanwhile, from the first.
  send.next(new Choice(scope, 'Sent?').when(Condition.and(notSent, Condition.numberEquals('$.attempt', 1)), next).otherwise(wait));

  const secondAttempt = attempt('SecondAttempt', 2).next(send);
  look.next(new Choice(scope, 'Progress?')
    .when(progress('waiting'), wait)
    .when(Condition.and(progress('back'), Condition.not(isTakenOver)), step)
    .when(Condition.and(progress('unanswered'), Condition.numberEquals('$.attempt', 1), Condition.not(isTakenOver)), secondAttempt)
    .otherwise(next));
  step.next(new Choice(scope, 'Collected?')
    .when(Condition.booleanEquals('$.collection.done', true), next)
    .when(Condition.numberGreaterThanEquals('$.collection.steps', mostSteps), next)
    .otherwise(pause));

  const hold = holdStates(scope, new Choice(scope, 'WhereWasIt?')
    .when(Condition.isPresent('$.collection'), step)
    .when(Condition.isPresent('$.attempt'), look)
    .otherwise(baseline));
  wait.next(new Choice(scope, 'Held?').when(IS_HELD, hold).otherwise(look));
  pause.next(new Choice(scope, 'HeldStill?').when(IS_HELD, hold).otherwise(step));
  return { interrupt: baseline, await: wait, hold };
}
