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
const lambdaCall = (seconds: number) => 0.20 / 1e6 + seconds * 0.25 * 0.0000166667; // of 256 MB
const LAMBDA_CALL = lambdaCall(0.5);
// A look at a fleet is one call of EC2. Custom events have this price; whether scheduled ones have it is not said, so it is counted.
const LOOK = lambdaCall(0.2) + 1 / 1e6;
const MINUTES = 365 / 12 * 24 * 60;

// An incident with the kernel log, back after ten minutes: what an execution takes, as docs/response.md counts it there.
const [LOOKS, STEPS] = [10, 3];
const TRANSITIONS = 24 + 4 * LOOKS + 4 * STEPS - 2;
const CALLS = 4 + LOOKS + STEPS;
// InterruptsSent, SecondsToReturn, DumpBytes (the dump lies beside the log), and Responses with its outcome and without. "All custom metrics
// charges are prorated by the hour and metered only when you send metrics to CloudWatch" (the pricing page), and each is sent once.
const SERIES = 5;
const SERIES_HOUR = 0.30 / (MINUTES / 60);

const MOST_IDLE = 0.15;
const NEXT_TO_NOTHING = 0.01;
const FLEETS = [1, 100, 1000];
const KNOWN = 20;

/** What is billed by use alone, or not at all: a rule on events, too. */
const FREE_WHILE_IDLE = new Set([
  'AWS::DynamoDB::Table', 'AWS::Events::Rule', 'AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::Lambda::EventInvokeConfig', 'AWS::Lambda::Function',
  'AWS::Lambda::Permission', 'AWS::Logs::LogGroup', 'AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy', 'AWS::SSM::Association', 'AWS::SSM::Document', 'AWS::StepFunctions::StateMachine',
]);

interface Resource { readonly Type: string; readonly Properties: Record<string, any> }

/** An alarm is billed by the metrics that it looks at. */
function metricsOf({ MetricName, Metrics = [] }: Resource['Properties']): number {
  if (JSON.stringify(Metrics).includes('SELECT')) throw new Error('An alarm on a query is billed by the instance. Add that to the bench.');
  return MetricName ? 1 : (Metrics as Record<string, any>[]).filter(({ MetricStat }) => MetricStat).length;
}

/** Throws on a type of which it is not known here what it costs. */
function idle({ Type, Properties }: Resource): number {
  if (Type === 'AWS::CloudWatch::Alarm') return ALARM_METRIC * metricsOf(Properties);
  if (Type === 'AWS::Events::Rule' && Properties.ScheduleExpression !== undefined) {
    if (Properties.ScheduleExpression !== 'rate(1 minute)') throw new Error(`It is not known how often ${Properties.ScheduleExpression} is in a month.`);
    return MINUTES * LOOK;
  }
  if (FREE_WHILE_IDLE.has(Type)) return 0;
  throw new Error(`It is not known what an ${Type} costs in a month without an incident. Add it to the bench's prices.`);
}

/** What one CrashDiagnostics costs in a month without an incident. */
function idleMonth(targets: (stack: Stack) => KdumpTargets): number {
  const stack = new Stack(new App(), 'Stack');
  const selected = targets(stack);
  new CrashDiagnostics(stack, 'CrashDiagnostics', { targets: selected });
  const resources: Resource[] = Object.values(Template.fromStack(stack).toJSON().Resources);
  return resources.filter(({ Type }) => Type !== 'AWS::EC2::Instance').reduce((sum, each) => sum + idle(each), 0);
}

async function measure(): Promise<Measurement> {
  const alone = idleMonth(stack => KdumpTargets.instance(new CfnInstance(stack, 'Web', { instanceType: 'm7i.large', imageId: 'ami-12345678' })));
  // The template of a fleet does not know how many there are, and nothing in it is billed by the instance.
  const fleets = FLEETS.map(() => idleMonth(() => KdumpTargets.tag('kdump', 'on')));
  const known = idleMonth(stack => KdumpTargets.instances(...Array.from({ length: KNOWN }, (_, at) => new CfnInstance(stack, `Web${at}`))));
  const incident = TRANSITIONS * TRANSITION + CALLS * LAMBDA_CALL + SERIES * SERIES_HOUR;
  return {
    against: {
      alone: { unit: 'dollars a month', pairs: [[alone, ALARM_METRIC]] },
      known: { unit: 'dollars a month and instance', pairs: [[known / KNOWN, ALARM_METRIC]] },
      fleet: { unit: 'dollars a month and instance', pairs: [[fleets[2] / FLEETS[2], ALARM_METRIC]] },
    },
    growth: [{ what: 'what a fleet costs idle in a month', of: 'instances', unit: 'dollars', sizes: FLEETS, values: fleets }],
    notes: [
      `Arithmetic with list prices of us-east-1, ${PRICES_OF}, before any free tier: ${ALARM_METRIC} dollars a month for each metric that an alarm looks at.`,
      `An incident with the kernel log, back after ten minutes: ${TRANSITIONS} state transitions, ${CALLS} calls of Lambda, and an hour of each of ${SERIES} custom`
        + ` metrics, ${incident.toFixed(4)} dollars.`
        + ' By hand it costs the time of somebody who is awake.',
      `Several instances, or a fleet of any size: ${Math.round(MINUTES).toLocaleString('en')} looks a month, each ${LOOK.toFixed(7)} dollars: a call of Lambda of a fifth of a second at 256 MB, and an`
        + ' event. Whether EventBridge charges for scheduled events is not said; it is counted as if it did.',
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
    known: { what: `each of ${KNOWN} that are known at synth: the same` },
    fleet: {
      what: 'each of a fleet of 1,000: the same',
      goal: { text: `→ $0 (< $${NEXT_TO_NOTHING})`, met: ratio => ratio * ALARM_METRIC < NEXT_TO_NOTHING },
    },
  },
  measure,
};
