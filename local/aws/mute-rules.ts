import { arn } from './account';
import { cloudWatchTime, ReportedTime, StatefulAlarm } from './alarm-state';
import { Clock } from './clock';

/** "A mute can last for up to 15 days." */
const LONGEST_MINUTES = 15 * 24 * 60;

/** A mute rule for one alarm and one time: in its window the alarm's actions are not run. */
export class MuteRule {
  readonly arn: string;
  readonly start = new Date();
  /** When the window ends, by the local clock. */
  readonly end: Date;
  private readonly expires: boolean;
  private ended = false;

  constructor(readonly alarmName: string, name: string, clock: Clock, until?: Date) {
    this.arn = arn('cloudwatch', `alarm-mute-rule:${name}`);
    this.end = until ?? new Date(this.start.getTime() + clock.minutes(LONGEST_MINUTES));
    this.expires = until !== undefined;
    if (this.end <= this.start) throw new Error(`The mute of ${alarmName} must end in the future, got ${this.end.toISOString()}.`);
  }

  get active(): boolean {
    return !this.ended && new Date() < this.end;
  }

  finish(): void {
    this.ended = true;
  }

  /** What events say of it. */
  detail(reported: ReportedTime): object {
    return {
      mutedByArn: this.arn,
      muteWindowStart: cloudWatchTime(reported(this.start)),
      muteWindowEnd: cloudWatchTime(reported(this.end)),
    };
  }

  /** What ListAlarmMuteRules shows of it. */
  summary(reported: ReportedTime): object {
    return {
      AlarmMuteRuleArn: this.arn,
      Status: this.active ? 'ACTIVE' : 'EXPIRED',
      MuteType: 'ONE_TIME',
      LastUpdatedTimestamp: reported(this.start),
      ExpireDate: this.expires ? reported(this.end) : undefined,
    };
  }
}

/** The mute rules: who is muted, and the actions that a window held back. */
export class MuteRules {
  readonly rules: MuteRule[] = [];
  /** The state change whose actions were not run, by alarm. */
  private readonly held = new Map<StatefulAlarm, StatefulAlarm['state']>();

  constructor(private readonly clock: Clock, private readonly run: (alarm: StatefulAlarm) => void) {}

  mute(alarm: StatefulAlarm, until?: Date): { readonly arn: string; end(): void } {
    const rule = new MuteRule(alarm.name, `mute-${this.rules.length + 1}`, this.clock, until);
    this.rules.push(rule);
    const cancel = until === undefined ? () => {} : this.clock.after((until.getTime() - Date.now()) / this.clock.minuteMs, () => end());
    const end = () => {
      cancel();
      rule.finish();
      this.release(alarm);
    };
    return { arn: rule.arn, end };
  }

  /** The rule that mutes an alarm now. */
  active(alarm: StatefulAlarm): MuteRule | undefined {
    return this.rules.find(rule => rule.active && rule.alarmName === alarm.name);
  }

  /** Notes that the actions of the alarm's state were not run. */
  hold(alarm: StatefulAlarm): void {
    this.held.set(alarm, alarm.state);
  }

  /** The window is over: what it held back is run when the alarm still is in that state. */
  private release(alarm: StatefulAlarm): void {
    if (this.active(alarm)) return;
    const held = this.held.get(alarm);
    this.held.delete(alarm);
    if (held && held.value === alarm.state.value) this.run(alarm);
  }
}
