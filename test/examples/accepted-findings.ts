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

/** The functions of the workflow, by their logical IDs, and by their paths those that are its own. */
const FUNCTIONS = [
  'CrashDiagnosticsInterruptFunction6D4FDDF8',
  'CrashDiagnosticsResponseWatchC50E980B',
  'CrashDiagnosticsResponseCollect192DE8F0',
  'CrashDiagnosticsResponseReport84E0DC2E',
];
const WORKERS = ['Response/Collect', 'Response/Report', 'Response/Watch'];

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
    reason: 'It is itself the last stop: the function\'s failure destination, which nobody consumes; metricFailures counts what lies in it. The rule knows dead-letter'
      + ' queues, but no destinations.',
  },
  { rule: 'IAMNoInlinePolicy', packs: COMPLIANCE, on: ['Kdump/DispatchRole/DefaultPolicy', 'Interrupt/Role/DefaultPolicy'], reason: INLINE },
  { rule: 'IAMNoInlinePolicy', packs: COMPLIANCE, on: 'Unresponsive/ReadAlarm', of: 'instance', reason: INLINE },
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
  // The watch of a fleet.
  { rule: 'IAM5[Resource::*]', packs: SOLUTIONS, on: 'FleetWatch/Role/DefaultPolicy', of: 'fleet', reason: DESCRIBE },
  { rule: 'IAMNoInlinePolicy', packs: COMPLIANCE, on: 'FleetWatch/Role/DefaultPolicy', of: 'fleet', reason: INLINE },
  {
    rule: 'DynamoDBInBackupPlan',
    packs: COMPLIANCE,
    on: 'FleetWatch/Told',
    of: 'fleet',
    reason: 'It holds which instances were told of in the last minutes. Without it they are told of once more, which the claims make harmless.',
  },
  {
    rule: 'CloudWatchLogGroupEncrypted',
    packs: COMPLIANCE,
    on: 'FleetWatch/LogGroup',
    of: 'fleet',
    reason: 'CloudWatch Logs encrypts it by a key of its own. The lines hold instance IDs, and since when they fail.',
  },
  { rule: 'LambdaConcurrency', packs: COMPLIANCE, on: 'FleetWatch/Function', of: 'fleet', reason: 'It is called once a minute, and is done before the next call.' },
  { rule: 'LambdaDLQ', packs: COMPLIANCE, on: 'FleetWatch/Function', of: 'fleet', reason: 'A look that failed is made up for by the next one, a minute later.' },
  {
    rule: 'LambdaInsideVPC',
    packs: COMPLIANCE,
    on: 'FleetWatch/Function',
    of: 'fleet',
    reason: 'It takes no traffic and calls nothing but the public endpoints of AWS, over TLS, as its role.',
  },
  // The workflow.
  {
    rule: 'IAM5[Resource::*]',
    packs: SOLUTIONS,
    on: ['Response/CollectRole/DefaultPolicy', 'Response/WatchRole/DefaultPolicy', 'Response/Workflow/Role/DefaultPolicy'],
    reason: 'The statements with this resource only read, by actions that know no narrower one: the status of instances and nodes, the output of a'
      + ' command, the group of an instance and its hooks.',
  },
  {
    rule: 'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*]',
    packs: SOLUTIONS,
    on: ['Response/CollectRole/DefaultPolicy', 'Response/WatchRole/DefaultPolicy'],
    of: 'fleet',
    reason: 'Which instances a fleet will have is not known at deployment. A condition on the tag that selects them narrows the statement to them.',
  },
  {
    rule: 'IAM5[Resource::arn:<AWS::Partition>:autoscaling:<AWS::Region>:<AWS::AccountId>:autoScalingGroup:*:autoScalingGroupName/*]',
    packs: SOLUTIONS,
    on: 'Response/Workflow/Role/DefaultPolicy',
    of: 'fleet',
    reason: 'Which groups the instances with a tag are in is not known at deployment. A condition narrows the statement to groups with the same tag.',
  },
  {
    rule: 'IAM5[Resource::<CrashDiagnosticsResponseBucket2E641473.Arn>/i-*]',
    packs: SOLUTIONS,
    on: ['Response/CollectRole/DefaultPolicy', 'Response/ReportRole/DefaultPolicy'],
    reason: 'The keys of an incident start with the ID of its instance, which is not known before.',
  },
  ...FUNCTIONS.map(name => ({
    rule: `IAM5[Resource::<${name}.Arn>:*]`,
    packs: SOLUTIONS,
    on: 'Response/Workflow/Role/DefaultPolicy',
    reason: 'The versions of one function of the workflow: the CDK grants them with the function.',
  })),
  {
    rule: 'SF1',
    packs: SOLUTIONS,
    on: 'Response/Workflow',
    reason: 'The history of each execution keeps every state with its data for 90 days; each function logs what it decided. A copy of the data in a'
      + ' log would be one more place to guard.',
  },
  { rule: 'SF2', packs: SOLUTIONS, on: 'Response/Workflow', reason: 'A trace would show what the history of the execution shows.' },
  {
    rule: 'S1',
    packs: SOLUTIONS,
    on: 'Response/Bucket',
    reason: 'Where the requests are to be logged is the choice of the owner: CrashDumpBucketProps.serverAccessLogsBucket, or a bucket that is brought.',
  },
  {
    rule: 'IAMNoInlinePolicy',
    packs: COMPLIANCE,
    on: [
      'Response/CollectRole/DefaultPolicy', 'Response/ReportRole/DefaultPolicy', 'Response/WatchRole/DefaultPolicy',
      'Response/Workflow/EventsRole/DefaultPolicy', 'Response/Workflow/Role/DefaultPolicy',
    ],
    reason: INLINE,
  },
  {
    rule: 'CloudWatchLogGroupEncrypted',
    packs: COMPLIANCE,
    on: 'Response/LogGroup',
    reason: 'CloudWatch Logs encrypts it by a key of its own. The lines hold what the report holds.',
  },
  {
    rule: 'LambdaConcurrency',
    packs: COMPLIANCE,
    on: WORKERS,
    reason: 'The workflow tries throttled calls again. A reserved number is taken from the account.',
  },
  { rule: 'LambdaDLQ', packs: COMPLIANCE, on: WORKERS, reason: 'The workflow waits for their answers; nothing calls them asynchronously.' },
  {
    rule: 'LambdaInsideVPC',
    packs: COMPLIANCE,
    on: WORKERS,
    reason: 'They take no traffic and call nothing but the public endpoints of AWS, over TLS, as their roles.',
  },
  {
    rule: 'CloudWatchAlarmAction',
    packs: COMPLIANCE,
    on: 'Unresponsive',
    of: 'instance',
    reason: 'An EventBridge rule starts the workflow when it goes off. The rule sees actions only.',
  },
  {
    rule: 'SNSEncryptedKMS',
    packs: COMPLIANCE,
    on: 'Response/Topic',
    reason: 'With a key, whoever subscribes needs permission for it. CrashDumpResponseProps.encryptionKey takes one, topic takes a topic that has one.',
  },
  ...['S3BucketLoggingEnabled', 'S3BucketReplicationEnabled', 'S3BucketVersioningEnabled', 'S3DefaultEncryptionKMS'].map(rule => ({
    rule,
    packs: COMPLIANCE,
    on: 'Response/Bucket',
    reason: 'A dump is worth little once its crash is explained, and is a secret: more copies of it are for the owner to want. CrashDumpBucket has a'
      + ' property for each but replication, and another bucket may be brought.',
  })),
];
