/**
 * The example, with what the demo needs besides: a rehearsal, which decides as the real function does and never sends. Context tells
 * which machine: `graviton`, an instance type with Arm processors; `livelock`, one that is watched by its heartbeat, too.
 */
import { App } from 'aws-cdk-lib';
import { CfnInstance, Instance } from 'aws-cdk-lib/aws-ec2';
import { SingleInstanceStack } from '../examples/single-instance/single-instance-stack';
import {
  CrashDiagnostics, DiagnosticInterrupt, DiagnosticInterruptAction, InterruptMode, UnresponsiveAlarm, UnresponsiveSignal,
} from '../src';

const app = new App();
const stack = new SingleInstanceStack(app, 'SingleInstance');
const instance = stack.node.findChild('Web') as Instance;
const { kdump } = stack.node.findChild('CrashDiagnostics') as CrashDiagnostics;
if (app.node.tryGetContext('graviton')) {
  (instance.node.defaultChild as CfnInstance).instanceType = 't4g.small';
} else {
  new DiagnosticInterrupt(stack, 'Rehearsal', { kdump, mode: InterruptMode.DRY_RUN });
}
if (app.node.tryGetContext('livelock')) {
  const signal = UnresponsiveSignal.cloudWatchAgentHeartbeat();
  const interrupt = new DiagnosticInterrupt(stack, 'LivelockInterrupt', { kdump, signals: [signal] });
  new UnresponsiveAlarm(stack, 'Livelock', { instance, signal }).addAlarmAction(new DiagnosticInterruptAction(interrupt));
}
