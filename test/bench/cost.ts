import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { Measurement, Row } from './row';
import { CrashDiagnostics, KdumpTargets } from '../../src';

// List prices of us-east-1 in US dollars, before any free tier; look them up, prices change.
// https://aws.amazon.com/cloudwatch/pricing/ https://aws.amazon.com/step-functions/pricing/ https://aws.amazon.com/lambda/pricing/
const PRICES_OF = '2026-11';
const ALARM_METRIC = 0.10;
const TRANSITION = 0.025 / 1000;
const LAMBDA_CALL = 0.20 / 1e6 + 0.5 * 0.25 * 0.0000166667; // half a second of 256 MB

// An incident with the kernel log, back after ten minutes: docs/response.md counts them in executions.
const TRANSITIONS = 74;
const CALLS = 20;

const MOST_IDLE = 0.15;
const NEXT_TO_NOTHING = 0.01;
const FLEETS = [1, 100, 1000];

/** What is billed by use alone, or not at all. */
const FREE_WHILE_IDLE = new Set([
  'AWS::DynamoDB::Table', 'AWS::Events::Rule', 'AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::Lambda::EventInvokeConfig', 'AWS::Lambda::Function',
  'AWS::Lambda::Permission', 'AWS::Logs::LogGroup', 'AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy', 'AWS::SSM::Association', 'AWS::SSM::Document', 'AWS::StepFunctions::StateMachine',
]);

interface Resource { readonly Type: string; readonly Properties: Record<string, any> }

/** An alarm is billed by the metrics that it looks at: a query looks at those of every instance in the Region. */
function metricsOf({ MetricName, Metrics = [] }: Resource['Properties'], instances: number): number {
  if (MetricName) return 1;
  return (Metrics as Record<string, any>[]).reduce((sum, { MetricStat, Expression = '' }) => sum + (MetricStat ? 1 : Expression.startsWith('SELECT') ? instances : 0), 0);
}

/** Throws on a type of which it is not known here what it costs. */
function idle({ Type, Properties }: Resource, instances: number): number {
  if (Type === 'AWS::CloudWatch::Alarm') return ALARM_METRIC * metricsOf(Properties, instances);
  if (FREE_WHILE_IDLE.has(Type)) return 0;
  throw new Error(`It is not known what an ${Type} costs in a month without an incident. Add it to the bench's prices.`);
}

/** What one CrashDiagnostics costs in a month without an incident. */
function idleMonth(instances: number, targets: (stack: Stack) => KdumpTargets): number {
  const stack = new Stack(new App(), 'Stack');
  const selected = targets(stack);
  new CrashDiagnostics(stack, 'CrashDiagnostics', { targets: selected });
  const resources: Resource[] = Object.values(Template.fromStack(stack).toJSON().Resources);
  return resources.filter(({ Type }) => Type !== 'AWS::EC2::Instance').reduce((sum, each) => sum + idle(each, instances), 0);
}

async function measure(): Promise<Measurement> {
  const alone = idleMonth(1, stack => KdumpTargets.instance(new CfnInstance(stack, 'Web', { instanceType: 'm7i.large', imageId: 'ami-12345678' })));
  const fleets = FLEETS.map(instances => idleMonth(instances, () => KdumpTargets.tag('kdump', 'on')));
  const incident = TRANSITIONS * TRANSITION + CALLS * LAMBDA_CALL;
  return {
    against: {
      alone: { unit: 'dollars a month', pairs: [[alone, ALARM_METRIC]] },
      fleet: { unit: 'dollars a month and instance', pairs: [[fleets[2] / FLEETS[2], ALARM_METRIC]] },
    },
    growth: [{ what: 'what a fleet costs idle in a month', of: 'instances', unit: 'dollars', sizes: FLEETS, values: fleets }],
    notes: [
      `Arithmetic with list prices of us-east-1, ${PRICES_OF}, before any free tier: ${ALARM_METRIC} dollars a month for each metric that an alarm looks at.`,
      `An incident with the kernel log, back after ten minutes: ${TRANSITIONS} state transitions and ${CALLS} calls of Lambda, ${incident.toFixed(4)} dollars.`
        + ' By hand it costs the time of somebody who is awake.',
      'A query alarm is billed by every metric that it looks at, so that a fleet costs as much for each instance as one alone.',
    ],
  };
}

export const cost: Row = {
  name: 'cost',
  what: 'What AWS charges for one CrashDiagnostics while nothing happens: the prices of what its template has.',
  baselines: {
    alone: {
      what: 'one instance: an alarm on its status check, and everything by hand',
      goal: { text: `< $${MOST_IDLE} a month`, met: ratio => ratio * ALARM_METRIC < MOST_IDLE },
    },
    fleet: {
      what: 'each of a fleet of 1,000: the same',
      goal: { text: `→ $0 (< $${NEXT_TO_NOTHING})`, met: ratio => ratio * ALARM_METRIC < NEXT_TO_NOTHING },
    },
  },
  measure,
};
