import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { DiagnosticInterrupt, InterruptRefusal, KdumpAssociation, KdumpTargets } from '../../src';
import { InterruptMetric } from '../../src/interrupt/interrupt-metric';
import { count } from '../../src/interrupt/telemetry';

process.env.CDK_VALIDATION = 'false';

function setUp() {
  const stack = new Stack(new App(), 'Test', { env: { region: 'eu-west-1', account: '123456789012' } });
  const kdump = new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.tag('Kdump', 'on') });
  return { stack, interrupt: new DiagnosticInterrupt(stack, 'Interrupt', { kdump }) };
}

type Method = (interrupt: DiagnosticInterrupt, options?: MetricOptions) => IMetric;

const METHODS: Array<[string, Method]> = [
  ['InterruptsSent', (interrupt, options) => interrupt.metricInterruptsSent(options)],
  ['InterruptsRefused', (interrupt, options) => interrupt.metricInterruptsRefused(undefined, options)],
  ['Errors', (interrupt, options) => interrupt.metricErrors(options)],
  ['CircuitOpen', (interrupt, options) => interrupt.metricCircuitOpen(options)],
];

describe.each(METHODS)('the metric %s', (metricName, method) => {
  test('is what this function counts, summed up', () => {
    const { stack, interrupt } = setUp();
    const { metricStat } = method(interrupt).toMetricConfig();
    expect(metricStat).toMatchObject({ namespace: 'CdkDiagnosticInterrupt', metricName, statistic: 'Sum', period: Duration.minutes(5) });
    expect(stack.resolve(metricStat?.dimensions)).toEqual([{ name: 'service', value: { Ref: expect.stringMatching(/^InterruptFunction/) } }]);
  });

  test('takes options over its own', () => {
    const { interrupt } = setUp();
    const { metricStat, renderingProperties } = method(interrupt, {
      statistic: 'SampleCount', period: Duration.minutes(1), label: 'mine', dimensionsMap: { service: 'other' },
    }).toMetricConfig();
    expect(metricStat).toMatchObject({
      metricName, statistic: 'SampleCount', period: Duration.minutes(1), dimensions: [{ name: 'service', value: 'other' }],
    });
    expect(renderingProperties?.label).toBe('mine');
  });

  test('makes an alarm in the same Region and account', () => {
    const { stack, interrupt } = setUp();
    const { metricStat } = method(interrupt).toMetricConfig();
    expect([metricStat?.region, metricStat?.account]).toEqual([stack.region, stack.account]);
  });
});

test.each(Object.values(InterruptRefusal))('refusals by %s are counted by themselves', reason => {
  const { interrupt } = setUp();
  expect(interrupt.metricInterruptsRefused(reason).toMetricConfig().metricStat?.dimensions)
    .toEqual(expect.arrayContaining([{ name: 'Reason', value: reason }, { name: 'service', value: expect.anything() }]));
});

test('none of them defines a resource', () => {
  const before = setUp();
  const after = setUp();
  METHODS.forEach(([, method]) => method(after.interrupt));
  expect(Template.fromStack(after.stack).toJSON()).toEqual(Template.fromStack(before.stack).toJSON());
});

test('the function counts by exactly these names and dimensions', () => {
  const printed: string[] = [];
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation(line => printed.push(String(line)) > 0);
  count(InterruptMetric.REFUSED, { Reason: InterruptRefusal.RESPONSIVE });
  spy.mockRestore();
  const line = JSON.parse(printed.join(''));
  expect(line).toMatchObject({ InterruptsRefused: 1, service: expect.any(String), Reason: 'Responsive' });
  expect(line._aws.CloudWatchMetrics).toEqual([{
    Namespace: 'CdkDiagnosticInterrupt',
    Dimensions: [['service'], ['service', 'Reason']],
    Metrics: [{ Name: 'InterruptsRefused', Unit: 'Count' }],
  }]);
});
