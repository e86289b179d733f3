/** The targets that a finding is about. */
export type Kind = 'instance' | 'fleet';

/** A finding of cdk-nag that stands as it is. */
export interface Accepted {
  readonly rule: string;
  readonly packs: string[];
  /** Paths within CrashDiagnostics, without the names that the CDK makes up. */
  readonly on: string | string[];
  /** Where it is not a finding for both. */
  readonly of?: Kind;
  readonly reason: string;
}

const SOLUTIONS = ['AwsSolutions'];
const COMPLIANCE = ['NIST.800.53.R5', 'HIPAA.Security'];

const DESCRIBE = 'The statement with this resource only reads: the Describe actions of EC2 and the list of CloudWatch\'s mute rules know no narrower'
  + ' one. Every action that writes is limited to the targets; test/interrupt/iam.test.ts sees to it.';
const INLINE = 'Each policy belongs to one role and names resources of this stack: reused as a managed policy it would give another role rights'
  + ' that nothing but this function should have, and it goes when its role goes.';

/**
 * What cdk-nag finds in CrashDiagnostics, and why it is so.
 */
export const ACCEPTED: Accepted[] = [
  { rule: 'IAM5[Resource::*]', packs: SOLUTIONS, on: 'Interrupt/Role/DefaultPolicy', reason: DESCRIBE },
  {
    rule: 'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*]',
    packs: SOLUTIONS,
    on: ['Kdump/DispatchRole/DefaultPolicy', 'Interrupt/Role/DefaultPolicy'],
    of: 'fleet',
    reason: 'Which instances a fleet will have is not known at deployment. A condition on the tag that selects them narrows the statement to them.',
  },
  {
    rule: 'SQS3',
    packs: SOLUTIONS,
    on: 'Interrupt/Failures',
    reason: 'It is itself the last stop: the function\'s failure destination, which nobody consumes and an alarm watches. The rule knows dead-letter'
      + ' queues, but no destinations.',
  },
  { rule: 'IAMNoInlinePolicy', packs: COMPLIANCE, on: ['Kdump/DispatchRole/DefaultPolicy', 'Interrupt/Role/DefaultPolicy'], reason: INLINE },
  { rule: 'IAMNoInlinePolicy', packs: COMPLIANCE, on: 'Unresponsive/ReadAlarm', of: 'instance', reason: INLINE },
  { rule: 'IAMNoInlinePolicy', packs: COMPLIANCE, on: 'FleetUnresponsive/ReadAlarm', of: 'fleet', reason: INLINE },
  {
    rule: 'DynamoDBInBackupPlan',
    packs: COMPLIANCE,
    on: 'Interrupt/Claims',
    reason: 'A claim is worthless once cooldown and window are over, within hours by default, and a restored table of old claims would hold back or'
      + ' allow the wrong interrupts. Point-in-time recovery is on for accidents within that time.',
  },
  {
    rule: 'CloudWatchLogGroupEncrypted',
    packs: COMPLIANCE,
    on: 'Interrupt/LogGroup',
    reason: 'CloudWatch Logs encrypts it by a key of its own. The lines hold instance IDs, states and verdicts, no content of the instances. Where a'
      + ' key of one\'s own is required, the property logGroup of DiagnosticInterrupt takes a group that has it.',
  },
  {
    rule: 'LambdaConcurrency',
    packs: COMPLIANCE,
    on: 'Interrupt/Function',
    reason: 'Whatever number is reserved is taken from the account, and is too small when a zone fails: throttled requests would come too late. What'
      + ' runs may do, however many there are, is bounded by the circuit breaker.',
  },
  {
    rule: 'LambdaDLQ',
    packs: COMPLIANCE,
    on: 'Interrupt/Function',
    reason: 'It has a failure destination, which gets the event together with the error. The older dead-letter configuration, which the rule looks'
      + ' for, would put the event alone into the same queue, once more.',
  },
  {
    rule: 'LambdaInsideVPC',
    packs: COMPLIANCE,
    on: 'Interrupt/Function',
    reason: 'The function takes no traffic and calls nothing but the public endpoints of AWS, over TLS, as its role. A VPC would add a network that can'
      + ' fail together with the instances. Where one is required, the property vpc of DiagnosticInterrupt takes it.',
  },
  {
    rule: 'CloudWatchAlarmAction',
    packs: COMPLIANCE,
    on: 'Interrupt/FailureAlarm',
    reason: 'Whom it wakes is the choice of the owner, who adds an action to DiagnosticInterrupt.failureAlarm; a topic made here would have no subscriber.',
  },
  {
    rule: 'CloudWatchAlarmAction',
    packs: COMPLIANCE,
    on: 'FleetUnresponsive',
    of: 'fleet',
    reason: 'It acts by an EventBridge rule on the state of each instance (contributor), which an alarm action does not get. The rule sees actions only.',
  },
];
