import type { Context } from 'aws-lambda';
import { INTERRUPT_POLICY_VARIABLE, InterruptPolicy } from '../../src/interrupt/interrupt-policy';

// What the handler writes to its log, lines and metrics alike.

export const CONTEXT = { functionName: 'interrupt', memoryLimitInMB: '256', awsRequestId: 'request-1', invokedFunctionArn: 'arn' } as Context;

let output: string[];
const lines = () => output.join('').split('\n').filter(Boolean).map((line) => JSON.parse(line));
export const logLines = () => lines().filter((line) => !line._aws);
export const metrics = () => lines().filter((line) => line._aws).flatMap(({ _aws, ...values }) => (
  _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }: any) => Metrics.map(({ Name }: any) => {
    const dimensions = Dimensions.map((names: string[]) => Object.fromEntries(names.map((name) => [name, values[name]])));
    return { Namespace, Name, value: values[Name], dimensions };
  }))
));

/** One more of it, in total and by the dimension. */
export function metric(Name: string, dimension?: object) {
  const service = 'diagnostic-interrupt';
  return { Namespace: 'CdkDiagnosticInterrupt', Name, value: 1, dimensions: [{ service }, ...(dimension ? [{ service, ...dimension }] : [])] };
}

/** Exactly one log line and one metric, counted in total and by the dimension. */
export function expectReported(message: string, log: object, name: string, dimension?: object) {
  expect(logLines()).toHaveLength(1);
  // As it stands in a log line: without what is undefined.
  expect(logLines()[0]).toMatchObject({ message, function_request_id: 'request-1', ...JSON.parse(JSON.stringify(log)) });
  expect(metrics()).toEqual([metric(name, dimension)]);
}

export function policyIs(policy: InterruptPolicy) {
  process.env[INTERRUPT_POLICY_VARIABLE] = JSON.stringify(policy);
}

export function listen() {
  output = [];
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      output.push(String(chunk));
      return true;
    });
  }
}
