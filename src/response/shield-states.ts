import { Chain, Choice, Condition, CustomState, Fail, IChainable, JsonPath, Map, Pass, RetryProps } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { awsTask, PATIENT_RETRIES, SOON_AGAIN } from './aws-task';

const MEMBER = '$.group.members[0]';
const isMember = (lifecycleState: string) => Condition.and(
  Condition.isPresent(MEMBER), Condition.stringEquals(`${MEMBER}.LifecycleState`, lifecycleState),
);
/**
 * A load balancer drains it first; its hooks begin to wait when that is over, and are held then. In Terminating:Proceed it is too late.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html
 */
const IS_GOING = Condition.or(isMember('Terminating'), isMember('Terminating:Wait'));
const IS_ON_STANDBY = Condition.or(isMember('Standby'), isMember('EnteringStandby'));
const IS_BACK = Condition.or(...['Pending', 'Pending:Wait', 'Pending:Proceed', 'InService'].map(isMember));
const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';

export interface ShieldOptions {
  /** Whether the group is made smaller while the instance is on standby, instead of launching another one. */
  readonly reduceCapacity: boolean;
  /** Writes down what is planned, before it is done. */
  readonly remember: Chain;
  /** What holds the lifecycle hooks of an instance that is being terminated. */
  readonly hold: IChainable;
  readonly next: IChainable;
}

/**
 * Keeps Auto Scaling from deleting the instance while it dumps. An instance on standby is not health-checked; one whose termination
 * waits for a lifecycle hook runs on while the hook is held. Where neither succeeds the dump may be lost, but a hung instance of a
 * group is lost anyway.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html
 */
export function shieldStates(scope: Construct, { reduceCapacity, remember, hold, next }: ShieldOptions): IChainable {
  const found = { group: JsonPath.stringAt(`${MEMBER}.AutoScalingGroupName`), found: JsonPath.stringAt(`${MEMBER}.LifecycleState`) };
  const plan = (id: string, parameters: object) => new Pass(scope, id, { parameters: { ...parameters }, resultPath: '$.shield' }).next(remember);

  const enterStandby = awsTask(scope, 'EnterStandby', {
    service: 'autoscaling',
    action: 'enterStandby',
    parameters: {
      'InstanceIds.$': 'States.Array($.assessed.instanceId)',
      'AutoScalingGroupName.$': '$.shield.group',
      'ShouldDecrementDesiredCapacity': reduceCapacity,
    },
  });
  // Auto Scaling may have been faster.
  const lookAgain = describeMember(scope, 'LookAgainAtGroup').addCatch(next, { resultPath: JsonPath.DISCARD });
  enterStandby.addCatch(lookAgain, { resultPath: '$.shield.failure' });
  const holdInstead = new Pass(scope, 'HoldInstead', { parameters: { kind: 'hook', ...found }, resultPath: '$.shield' });
  const holdIfAny = ifAnyHook(scope, hold, next);
  holdInstead.next(holdIfAny);
  // It was done, and the answer was lost.
  const onStandby = new Pass(scope, 'OnStandbyAfterAll', {
    parameters: { kind: 'standby', group: JsonPath.stringAt('$.shield.group'), found: JsonPath.stringAt('$.shield.found') }, resultPath: '$.shield',
  });
  onStandby.next(next);
  lookAgain.next(new Choice(scope, 'TerminatingByNow?').when(IS_GOING, holdInstead).when(IS_ON_STANDBY, onStandby).otherwise(next));
  enterStandby.next(next);

  remember.next(new Choice(scope, 'WhichShield?')
    .when(Condition.stringEquals('$.shield.kind', 'standby'), enterStandby)
    .when(Condition.stringEquals('$.shield.kind', 'hook'), holdIfAny)
    .otherwise(next));

  const findGroup = describeMember(scope, 'FindGroup');
  findGroup.addCatch(plan('GroupUnknown', { kind: 'none', failure: JsonPath.objectAt('$.groupFailure') }), { resultPath: '$.groupFailure' });
  return findGroup.next(new Choice(scope, 'MemberOfGroup?')
    .when(isMember('InService'), plan('PlanStandby', { kind: 'standby', ...found }))
    .when(IS_GOING, plan('PlanToHold', { kind: 'hook', ...found }))
    .when(isMember('Terminating:Proceed'), plan('TooLateToHold', {
      kind: 'none', ...found, failure: { Error: 'TooLate', Cause: 'The group terminates it already, and waits for nothing any more' },
    }))
    .when(Condition.isPresent(MEMBER), plan('NothingToShield', { kind: 'none', ...found }))
    .otherwise(plan('NoMember', { kind: 'none' })));
}

/**
 * Gives the instance back to its group. What has to be done is read from the group, not remembered: the workflow may have been stopped
 * at any moment.
 */
export function restoreStates(scope: Construct, next: IChainable): IChainable {
  const outcome = (id: string, value: string, resultPath = '$.restored') =>
    Chain.start(new Pass(scope, id, { parameters: { outcome: value }, resultPath })).next(next);
  const nothingToDo = outcome('NothingToRestore', 'nothingToDo');
  const failed = Chain.start(new Pass(scope, 'NotRestored', {
    parameters: { outcome: 'failed', failure: JsonPath.objectAt('$.restoreFailure') }, resultPath: '$.restored',
  })).next(next);

  const exitStandby = awsTask(scope, 'ExitStandby', {
    service: 'autoscaling',
    action: 'exitStandby',
    parameters: { 'InstanceIds.$': 'States.Array($.assessed.instanceId)', 'AutoScalingGroupName.$': '$.shield.group' },
    // An instance that has not arrived in Standby yet, because a load balancer drains it, cannot leave it.
    retry: PATIENT_RETRIES,
  });
  const inService = outcome('InService', 'inService');
  exitStandby.next(inService);
  // It has left standby where an answer was lost, or somebody else was faster.
  const lookAfterExit = describeMember(scope, 'LookAfterExit').addCatch(failed, { resultPath: JsonPath.DISCARD });
  lookAfterExit.next(new Choice(scope, 'InServiceAfterAll?').when(IS_BACK, inService).otherwise(failed));
  exitStandby.addCatch(lookAfterExit, { resultPath: '$.restoreFailure' });
  const letGo = eachHook(scope, 'LetGo', {
    action: 'completeLifecycleAction',
    more: { LifecycleActionResult: 'CONTINUE' },
    next: outcome('TerminationContinued', 'terminationContinued'),
    failed,
    resultPath: '$.restoreFailure',
  });

  const look = describeMember(scope, 'LookAtGroup').addCatch(failed, { resultPath: '$.restoreFailure' });
  look.next(new Choice(scope, 'WhereIsIt?')
    .when(Condition.and(Condition.stringEquals('$.shield.kind', 'standby'), IS_ON_STANDBY), exitStandby)
    .when(isMember('Terminating:Wait'), letGo)
    .otherwise(nothingToDo));
  return new Choice(scope, 'Restore')
    .when(Condition.and(Condition.isPresent('$.shield.kind'), Condition.not(Condition.stringEquals('$.shield.kind', 'none'))), look)
    .otherwise(nothingToDo);
}

/** Where the group has no termination hook, nothing waits for the instance, once a load balancer has drained it. In doubt it is held. */
function ifAnyHook(scope: Construct, hold: IChainable, next: IChainable): CustomState {
  const find = describeHooks(scope, 'FindTerminationHooks', {
    'any.$': `States.ArrayContains($.LifecycleHooks[*].LifecycleTransition, '${TERMINATING}')`,
  }).addCatch(hold, { resultPath: JsonPath.DISCARD });
  const nothingHolds = new Pass(scope, 'NothingHolds', {
    parameters: {
      kind: 'none',
      group: JsonPath.stringAt('$.shield.group'),
      found: JsonPath.stringAt('$.shield.found'),
      failure: { Error: 'NoLifecycleHook', Cause: 'The group terminates it already, and has no termination hook that could be held' },
    },
    resultPath: '$.shield',
  });
  nothingHolds.next(next);
  find.next(new Choice(scope, 'AnyTerminationHook?').when(Condition.booleanEquals('$.hooks.any', true), hold).otherwise(nothingHolds));
  return find;
}

/** Extends the time that the instance's termination waits, for each lifecycle hook of its group. */
export function holdStates(scope: Construct, next: IChainable): IChainable {
  return eachHook(scope, 'Hold', {
    action: 'recordLifecycleActionHeartbeat', retry: SOON_AGAIN, next, failed: next, resultPath: '$.shield.failure',
  });
}

/** Whether the termination of the instance is being held. */
export const IS_HELD = Condition.and(Condition.isPresent('$.shield.kind'), Condition.stringEquals('$.shield.kind', 'hook'));

function describeMember(scope: Construct, id: string): CustomState {
  return awsTask(scope, id, {
    service: 'autoscaling',
    action: 'describeAutoScalingInstances',
    parameters: { 'InstanceIds.$': 'States.Array($.assessed.instanceId)' },
    resultSelector: { 'members.$': '$.AutoScalingInstances' },
    resultPath: '$.group',
  });
}

function describeHooks(scope: Construct, id: string, resultSelector: Record<string, unknown>): CustomState {
  return awsTask(scope, id, {
    service: 'autoscaling',
    action: 'describeLifecycleHooks',
    parameters: { 'AutoScalingGroupName.$': '$.shield.group' },
    resultSelector,
    resultPath: '$.hooks',
  });
}

interface EachHookOptions {
  readonly action: string;
  /** Parameters beside the hook and the instance. */
  readonly more?: Record<string, unknown>;
  readonly retry?: RetryProps;
  readonly next: IChainable;
  readonly failed: IChainable;
  /** Where the failure goes. */
  readonly resultPath: string;
}

/** Calls an action for each termination hook of the group. Which of them waits for the instance is not to be learned, but by the answer. */
function eachHook(scope: Construct, id: string, { action, more, retry, next, failed, resultPath }: EachHookOptions): IChainable {
  const call = awsTask(scope, `${id}Hook`, {
    service: 'autoscaling',
    action,
    parameters: {
      'AutoScalingGroupName.$': '$.group', 'LifecycleHookName.$': '$.hook.LifecycleHookName', 'InstanceId.$': '$.instanceId', ...more,
    },
    retry,
  });
  // One that its owner has completed, or that does not wait yet, must not keep the others from theirs.
  call.addCatch(new Choice(scope, `${id}WaitsNot?`)
    .when(Condition.stringMatches('$.failure.Cause', '*No active Lifecycle Action found*'), new Pass(scope, `${id}WaitsNot`))
    .otherwise(new Fail(scope, `${id}HookFailed`, { errorPath: '$.failure.Error', causePath: '$.failure.Cause' })), { resultPath: '$.failure' });
  const each = new Map(scope, `${id}EachHook`, {
    itemsPath: '$.hooks.found',
    itemSelector: {
      hook: JsonPath.objectAt('$$.Map.Item.Value'), group: JsonPath.stringAt('$.shield.group'), instanceId: JsonPath.stringAt('$.assessed.instanceId'),
    },
    maxConcurrency: 1,
    resultPath: JsonPath.DISCARD,
  });
  each.itemProcessor(new Choice(scope, `${id}Terminating?`)
    .when(Condition.stringEquals('$.hook.LifecycleTransition', TERMINATING), call)
    .otherwise(new Pass(scope, `${id}NotThisHook`)));
  each.addCatch(failed, { resultPath });
  const describe = describeHooks(scope, `${id}FindHooks`, { 'found.$': '$.LifecycleHooks' }).addCatch(failed, { resultPath });
  each.next(next);
  return describe.next(each);
}
