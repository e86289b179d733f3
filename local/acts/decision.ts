import { CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { outcomeOf, requireReason, requireRefusal } from '../control';
import { MINUTES, Scene, Tell } from '../scene';
import { stackOf } from '../synthesise';
import { crash, hang, starve } from '../trouble';

/** The second act: the trouble, and what is decided about it. */
export class Decision {
  constructor(private readonly scene: Scene) {}

  /** Somebody tries the alarm out, as the CLI's set-alarm-state does. */
  public async alarmHealthy(reason: string): Promise<void> {
    const stand = this.scene.running();
    await this.scene.well();
    const seen = stand.aws.invocations.length;
    const cloudwatch = new CloudWatchClient(stand.clientConfiguration());
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: this.scene.alarm().name, StateValue: 'ALARM', StateReason: 'Trying it out' }));
    cloudwatch.destroy();
    const control = await this.scene.control('alarm about a healthy machine', seen);
    this.scene.report.controls.push(control);
    requireRefusal(control, reason);
    await this.scene.well();
  }

  public async hang(): Promise<void> {
    await this.scene.well();
    await hang(this.scene.running());
    this.scene.note('The machine hangs: it does not answer ARP');
  }

  public async starve(): Promise<void> {
    await this.scene.well();
    await starve(this.scene.running());
    this.scene.note('User space is starved: no heartbeat, but ARP is answered');
  }

  public async rehearse(): Promise<void> {
    const stand = this.scene.running();
    const { instanceId } = stand.machine;
    // The default of minimumImpairedTime.
    const aMinute = stand.aws.clock.minutes(1);
    const impaired = () => Date.now() - (stand.aws.ec2.get(instanceId).impairedSince?.getTime() ?? Infinity) > aMinute;
    await stand.waitFor('the instance to be impaired for a minute', impaired, MINUTES);
    const rehearsal = this.scene.deployment!.physicalId(`${stackOf(this.scene.options.group)}/Rehearsal/Function`);
    this.scene.report.rehearsal = outcomeOf(await stand.aws.lambda.call(rehearsal, { instanceId, reason: 'A dry run' }));
    requireReason(this.scene.report.rehearsal, 'DryRun');
    if (stand.interrupts > 0) throw new Error('The dry run has sent an interrupt.');
  }

  public async decide(tell: Tell): Promise<void> {
    const stand = this.scene.running();
    const seen = stand.aws.invocations.length;
    this.scene.note(await this.scene.noticed(tell));
    const invocation = await this.scene.invocationAfter(seen);
    this.scene.report.verdict = outcomeOf(invocation);
    if (this.scene.report.verdict?.decision !== 'interrupt') {
      throw new Error(`It was decided not to interrupt. The function's log:\n${invocation.attempts.flatMap(each => each.logs).join('\n')}`);
    }
    tell('the workflow keeps the instance from being replaced, and sends the interrupt');
    await stand.waitFor('the interrupt to be sent', () => stand.interrupts === 1, MINUTES);
    this.scene.note('The diagnostic interrupt was sent', stand.aws.calls.find(call => call.action === 'SendDiagnosticInterrupt')?.time);
  }

  public async deliverAgain(): Promise<void> {
    const { aws } = this.scene.running();
    const { event, functionName } = aws.invocations.find(each => each.event.step === 'assess' && outcomeOf(each)?.decision === 'interrupt')!;
    this.scene.report.redelivery = outcomeOf(await aws.lambda.call(functionName, event.event));
    requireReason(this.scene.report.redelivery, 'CoolingDown');
    if (this.scene.running().interrupts !== 1) throw new Error(`${this.scene.running().interrupts} interrupts were sent, one should have been.`);
    this.scene.note('The same event was delivered again, and refused');
  }

  public async crash(): Promise<void> {
    await crash(this.scene.running());
    this.scene.note('The operator crashes the machine');
  }
}
