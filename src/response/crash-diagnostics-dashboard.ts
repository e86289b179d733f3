import { Duration } from 'aws-cdk-lib';
import { AlarmStatusWidget, Dashboard, GraphWidget, IAlarm, IMetric, IWidget, MathExpression, SingleValueWidget, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { CrashDumpResponse } from './crash-dump-response';
import { FleetWatch } from '../detection/fleet-watch';
import { DiagnosticInterrupt } from '../interrupt/diagnostic-interrupt';
import { InterruptMetric, METRIC_NAMESPACE } from '../interrupt/interrupt-metric';

/**
 * Properties of CrashDiagnosticsDashboard.
 */
export interface CrashDiagnosticsDashboardProps {
  /**
   * The interrupt whose verdicts are shown.
   */
  readonly interrupt: DiagnosticInterrupt;

  /**
   * The workflow whose outcomes are shown.
   *
   * @default - none is shown
   */
  readonly response?: CrashDumpResponse;

  /**
   * The alarms on the instances.
   *
   * @default - none is shown
   */
  readonly alarms?: IAlarm[];

  /**
   * What looks at the fleet.
   *
   * @default - none is shown
   */
  readonly fleetWatch?: FleetWatch;
}

const WIDTH = 12;
const FULL_WIDTH = 24;
const DAY = Duration.days(1);

/**
 * Defines a CloudWatch dashboard: the alarms or the looks at the fleet, what became of the interrupts by verdict, how the workflows ended, how large the dumps
 * were and how long the instances took to return. Whether instances are ready to dump CloudWatch does not know; the dashboard leads to
 * where Systems Manager shows it.
 *
 * CloudWatch bills dashboards by the month, beyond the first three of an account.
 *
 * @resource AWS::CloudWatch::Dashboard
 *
 * @example
 * declare const interrupt: DiagnosticInterrupt;
 * declare const response: CrashDumpResponse;
 * declare const alarm: UnresponsiveAlarm;
 *
 * new CrashDiagnosticsDashboard(this, 'Dashboard', { interrupt, response, alarms: [alarm] });
 */
export class CrashDiagnosticsDashboard extends Dashboard {
  constructor(scope: Construct, id: string, props: CrashDiagnosticsDashboardProps) {
    const { interrupt, response, alarms = [], fleetWatch } = props;
    super(scope, id, {
      defaultInterval: Duration.days(28),
      widgets: [
        [readiness(interrupt)],
        ...alarms.length > 0 ? [[new AlarmStatusWidget({ title: 'Alarms', alarms, width: FULL_WIDTH, height: 3 })]] : [],
        [
          graph('Interrupts by verdict', [
            interrupt.metricInterruptsSent({ period: DAY, label: 'Sent' }),
            interrupt.metricFailures({ period: DAY, label: 'Failed for good' }),
            byDimension(interrupt.function.functionName, InterruptMetric.REFUSED, 'Reason'),
          ]),
          ...response ? [graph('Incidents by outcome', [byDimension(response._reporterName, 'Responses', 'Outcome')])] : [],
        ],
        ...response ? [workflows(response)] : [],
        ...fleetWatch ? [[looks(fleetWatch)]] : [],
      ],
    });
  }
}

function readiness({ _kdump: { associationId } }: DiagnosticInterrupt): IWidget {
  const association = `/systems-manager/state-manager/${associationId}/description`;
  return new TextWidget({
    width: FULL_WIDTH,
    height: 2,
    markdown: `An instance is ready to dump where [its association](${association}) is \`Success\`. The other states, with their causes, are in the`
      + ' outputs of the association and in the inventory type `Custom:Kdump`.',
  });
}

function workflows(response: CrashDumpResponse): IWidget[] {
  const { stateMachine } = response;
  return [
    graph('Workflows', [
      stateMachine.metricStarted({ period: DAY, label: 'Started' }),
      response.metricFailures({ period: DAY, label: 'Failed' }),
      stateMachine.metricAborted({ period: DAY, label: 'Stopped' }),
      stateMachine.metricTimedOut({ period: DAY, label: 'Timed out' }),
    ]),
    new SingleValueWidget({
      title: 'Largest dump and longest return',
      metrics: [response.metricDumpBytes({ label: 'Bytes' }), response.metricSecondsToReturn({ label: 'Seconds' })],
      width: WIDTH,
      height: 6,
      setPeriodToTimeRange: true,
    }),
  ];
}

function looks(fleetWatch: FleetWatch): IWidget {
  return graph('Looks at the fleet', [
    fleetWatch.function.metricInvocations({ period: DAY, label: 'All' }),
    fleetWatch.metricFailures({ period: DAY, label: 'Failed' }),
  ]);
}

function graph(title: string, left: IMetric[]): IWidget {
  return new GraphWidget({ title, left, width: WIDTH, height: 6, leftYAxis: { min: 0 }, stacked: true });
}

/** One line for each value that the dimension has had. */
function byDimension(service: string, metricName: string, dimension: string): IMetric {
  return new MathExpression({
    expression: `SEARCH('{${METRIC_NAMESPACE},service,${dimension}} service="${service}" MetricName="${metricName}"', 'Sum', ${DAY.toSeconds()})`,
    label: '',
    period: DAY,
    usingMetrics: {},
  });
}
