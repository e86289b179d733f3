import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { CircuitBreaker, CrashDiagnostics, DayOfWeek, InterruptMode, KdumpTargets, RebootPolicy } from '../../src';

export class FleetByTagStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);

    new CrashDiagnostics(this, 'CrashDiagnostics', {
      targets: KdumpTargets.tag('CrashDiagnostics', 'on'),
      rebootPolicy: RebootPolicy.inWindow({ days: [DayOfWeek.SUNDAY], start: '02:00', duration: Duration.hours(3) }),
      // See in the log which instances would have been interrupted before you let it be done.
      mode: InterruptMode.DRY_RUN,
      circuitBreaker: CircuitBreaker.atMost(2, Duration.hours(1)),
      dashboard: true,
    });
  }
}
