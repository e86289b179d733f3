/**
 * The example, with what the demo needs besides: a rehearsal, which decides as the real function does and never sends. Context tells
 * which machine: `graviton`, an instance type with Arm processors; `livelock`, one that is watched by its heartbeat, too.
 */
import { App } from 'aws-cdk-lib';
import { CfnInstance, Instance } from 'aws-cdk-lib/aws-ec2';
import { SingleInstanceStack } from '../examples/single-instance/single-instance-stack';
import { CrashDiagnostics, DiagnosticInterrupt, InterruptMode, UnresponsiveSignal } from '../src';

const app = new App();
const signal = app.node.tryGetContext('livelock') ? UnresponsiveSignal.cloudWatchAgentHeartbeat() : undefined;
const stack = new SingleInstanceStack(app, 'SingleInstance', { signal });
if (app.node.tryGetContext('graviton')) {
  const instance = stack.node.findChild('Web') as Instance;
  (instance.node.defaultChild as CfnInstance).instanceType = 't4g.small';
} else {
  const { kdump } = stack.node.findChild('CrashDiagnostics') as CrashDiagnostics;
  new DiagnosticInterrupt(stack, 'Rehearsal', { kdump, mode: InterruptMode.DRY_RUN });
}
