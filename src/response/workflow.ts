import { Duration } from 'aws-cdk-lib';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { Chain, Choice, Condition, DefinitionBody, JsonPath, Pass, Succeed, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { RETRIES } from './aws-task';
import { stepsWithin } from './collection-pace';
import { CrashDumpResponseProps } from './crash-dump-response-props';
import { dumpStates } from './dump-states';
import { forgetState, NOTHING_MISSED, rememberState, takeOverStates } from './record-states';
import { reportStates } from './report-states';
import { ResponseFunctions } from './response-functions';
import { restoreStates, shieldStates } from './shield-states';
import { InterruptRefusal } from '../interrupt/interrupt-refusal';

/** What time may cure: asked again twice, as Lambda does with an alarm's own invocation. */
const NOT_YET = {
  errors: [InterruptRefusal.IMPAIRED_TOO_SHORT, InterruptRefusal.EVIDENCE_MISSING], interval: Duration.minutes(1), maxAttempts: 2, backoffRate: 2,
};

/**
 * Nobody has to be told that there is nothing to do, that another execution does it, or that somebody has muted the alarm. Nor, for
 * each of many instances, of a fault that takes them all at once: what is refused is counted (InterruptsRefused).
 */
const NOT_WORTH_TELLING = [
  InterruptRefusal.NOT_A_TARGET, InterruptRefusal.NOT_IN_ALARM, InterruptRefusal.MUTED, InterruptRefusal.NOT_RUNNING,
  InterruptRefusal.RESPONSIVE, InterruptRefusal.COOLING_DOWN, InterruptRefusal.SYSTEM_IMPAIRED, InterruptRefusal.CIRCUIT_OPEN,
];

export interface WorkflowOptions {
  readonly props: CrashDumpResponseProps;
  readonly functions: ResponseFunctions;
  readonly topic: ITopic;
  readonly mostLooks: number;
  readonly collectionSeconds: number;
}

/**
 * The states of the workflow, in JSONPath. The data that goes through them is an `Incident`.
 */
export function workflowDefinition(scope: Construct, { props, functions, topic, mostLooks, collectionSeconds }: WorkflowOptions): DefinitionBody {
  const { interrupt } = props;
  const { tableName } = interrupt.table;
  const report = reportStates(scope, {
    report: functions.report, topic, opsItems: props.opsItems ?? false, forget: forgetState(scope, tableName),
  });
  const restore = restoreStates(scope, report);
  const dump = dumpStates(scope, {
    interrupt: interrupt.function,
    watch: functions.watch,
    collect: functions.collect,
    mostLooks,
    // It ends by itself when its time is over, and says so. That step may be one more than there are in the time.
    mostSteps: stepsWithin(collectionSeconds) + 2,
    remember: rememberState(scope, 'RememberInterrupt', tableName),
    next: restore,
  });
  const remember = rememberState(scope, 'RememberShield', tableName);
  // Without the record a workflow that is stopped would leave the instance on standby for ever.
  remember.addCatch(report, { resultPath: '$.failure' });
  const shield = shieldStates(scope, {
    reduceCapacity: props.reduceCapacity ?? false, remember: Chain.start(remember), hold: dump.hold, next: dump.interrupt,
  });

  const assess = new LambdaInvoke(scope, 'Assess', {
    lambdaFunction: interrupt.function,
    payload: TaskInput.fromObject({ step: 'assess', event: JsonPath.objectAt('$.event'), execution: JsonPath.stringAt('$.execution.arn') }),
    payloadResponseOnly: true,
    resultPath: '$.assessed',
    retryOnServiceExceptions: false,
  }).addRetry(NOT_YET).addRetry(RETRIES)
    .addCatch(report, { errors: NOT_YET.errors, resultPath: '$.notYet' })
    .addCatch(report, { resultPath: '$.failure' });
  assess.next(new Choice(scope, 'Interrupt it?')
    .when(Condition.stringEquals('$.assessed.decision', 'interrupt'), shield)
    .when(Condition.or(...NOT_WORTH_TELLING.map(reason => Condition.stringEquals('$.assessed.reason', reason))), new Succeed(scope, 'NothingToDo'))
    .otherwise(report));

  const takeOver = takeOverStates(scope, tableName, new Choice(scope, 'MayItBeDumping?')
    .when(Condition.isPresent('$.attempt'), dump.await)
    .otherwise(restore));
  const begin = new Pass(scope, 'Begin', {
    parameters: {
      event: JsonPath.objectAt('$'),
      execution: { arn: JsonPath.executionId, name: JsonPath.executionName, startedAt: JsonPath.executionStartTime },
      ...NOTHING_MISSED,
    },
  });
  return DefinitionBody.fromChainable(begin.next(new Choice(scope, 'EndOfAnother?')
    .when(Condition.and(Condition.isPresent('$.event.source'), Condition.stringEquals('$.event.source', 'aws.states')), takeOver)
    .otherwise(assess)));
}
