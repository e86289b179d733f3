/**
 * The examples, with what the demo needs besides: a rehearsal, which decides as the real function does and never sends. Context tells
 * which machine: `graviton`, an instance type with Arm processors; `livelock`, one that is watched by its heartbeat, too; `group`, one
 * of an Auto Scaling group.
 */
import { App, Stack } from 'aws-cdk-lib';
import { CfnInstance, Instance } from 'aws-cdk-lib/aws-ec2';
import { AutoScalingGroupStack } from '../examples/auto-scaling-group/auto-scaling-group-stack';
import { SingleInstanceStack } from '../examples/single-instance/single-instance-stack';
import { CrashDiagnostics, DiagnosticInterrupt, DumpContents, InterruptMode, UnresponsiveSignal } from '../src';

const app = new App();
const contents = DumpContents.KERNEL_LOG_AND_VMCORE;
const signal = app.node.tryGetContext('livelock') ? UnresponsiveSignal.cloudWatchAgentHeartbeat() : undefined;
const stack: Stack = app.node.tryGetContext('group')
  ? new AutoScalingGroupStack(app, 'AutoScalingGroup', { contents })
  : new SingleInstanceStack(app, 'SingleInstance', { signal, contents });
if (app.node.tryGetContext('graviton')) {
  const instance = stack.node.findChild('Web') as Instance;
  (instance.node.defaultChild as CfnInstance).instanceType = 't4g.small';
} else {
  const { kdump } = stack.node.findChild('CrashDiagnostics') as CrashDiagnostics;
  new DiagnosticInterrupt(stack, 'Rehearsal', { kdump, mode: InterruptMode.DRY_RUN });
}
