import { Duration, Names, Stack } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnAssociation, CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct, IConstruct } from 'constructs';
import { associationSchedule } from './association-schedule';
import { commandDocument, NEWEST_VERSION } from './command-document';
import { documentName } from './document-name';
import { KdumpAssociationOptions, KdumpComplianceSeverity } from './kdump-association-options';
import { KdumpTargets } from './kdump-targets';
import { programOf } from './program-of';
import { RateLimit } from './rate-limit';
import { RebootPolicy } from './reboot-policy';

/**
 * An association whose status on an instance tells whether kdump is armed there.
 */
export interface IKdumpAssociation extends IConstruct {
  /**
   * The id of the State Manager association.
   *
   * @attribute
   */
  readonly associationId: string;

  /**
   * The instances that the association configures.
   */
  readonly targets: KdumpTargets;
}

/**
 * Properties of a KdumpAssociation.
 */
export interface KdumpAssociationProps extends KdumpAssociationOptions {
  /**
   * The instances to configure. They must be managed nodes of Systems Manager: the SSM agent runs and their role has the
   * permissions of the managed policy AmazonSSMManagedInstanceCore.
   */
  readonly targets: KdumpTargets;

  /**
   * The role that State Manager assumes to send the program to the instances. It must trust `ssm.amazonaws.com`; the permission
   * `ssm:SendCommand` for the document and the targets is added to it.
   *
   * @default - a new role
   */
  readonly dispatchRole?: IRole;
}

/**
 * Defines a State Manager association that makes EC2 Linux instances able to write a crash dump, keeps them so, and records
 * for each whether it is.
 *
 * It installs kdump, reserves memory for the capture kernel, lets an unknown NMI panic the kernel (x86 only: a diagnostic
 * interrupt arrives as one), arms kdump and verifies that. The association's status on an instance is `Success` if and only if
 * the last check found kdump armed; otherwise its output says in one JSON line which state the instance is in, why, and what
 * to do.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/diagnostic-interrupt.html
 * @resource AWS::SSM::Association
 *
 * @example
 * new KdumpAssociation(this, 'Kdump', {
 *   targets: KdumpTargets.tag('Kdump', 'on'),
 *   crashKernel: CrashKernel.size(Size.mebibytes(512)),
 *   dump: { dumpsToKeep: 2 },
 *   rebootPolicy: RebootPolicy.whenRequired(),
 *   maxConcurrency: RateLimit.count(1), // one reboot at a time
 * });
 */
export class KdumpAssociation extends Construct implements IKdumpAssociation {
  public readonly associationId: string;

  public readonly targets: KdumpTargets;

  /**
   * The name of the Command document that the association runs.
   *
   * @attribute
   */
  public readonly documentName: string;

  /**
   * The role that State Manager assumes to send the program to the instances.
   */
  public readonly dispatchRole: IRole;

  private readonly sendToTargets: PolicyStatement;

  /**
   * @throws if a target is in another account or Region, or `schedule`, `crashKernel` or `dump` is not of the form that its description names
   */
  constructor(scope: Construct, id: string, props: KdumpAssociationProps) {
    super(scope, id);
    this.targets = props.targets;
    this.targets._requireEnvironmentOf(this);
    const rebootPolicy = props.rebootPolicy ?? RebootPolicy.never();

    const document = new CfnDocument(this, 'Document', {
      name: documentName(this),
      documentType: 'Command',
      documentFormat: 'JSON',
      targetType: '/AWS::EC2::Instance',
      // A changed program becomes a new version of the same document, and the association runs again; a replaced document
      // would leave the association without one for a moment.
      updateMethod: 'NewVersion',
      content: commandDocument(programOf(props, {
        action: props.revert ? 'revert' : 'configure', rebootPolicy: rebootPolicy._name, rebootWindow: rebootPolicy._window,
      })),
    });
    this.documentName = document.ref;

    this.dispatchRole = props.dispatchRole ?? new Role(this, 'DispatchRole', {
      assumedBy: new ServicePrincipal('ssm.amazonaws.com'),
      description: 'State Manager sends the kdump program to its target instances with this role',
    });
    const stack = Stack.of(this);
    this.sendToTargets = new PolicyStatement({ actions: ['ssm:SendCommand'], ...this.targets._iamScope(stack, 'ssm:resourceTag') });
    const sendDocument = new PolicyStatement({
      actions: ['ssm:SendCommand'],
      resources: [stack.formatArn({ service: 'ssm', resource: 'document', resourceName: this.documentName })],
    });
    const grants = [sendDocument, this.sendToTargets].flatMap(each => this.dispatchRole.addToPrincipalPolicy(each).policyDependable ?? []);

    const failsUntilArmed = rebootPolicy._name !== 'whenRequired' || props.revert;
    const defaultMaxErrors = RateLimit.percentage(failsUntilArmed ? 100 : 10);
    const association = new CfnAssociation(this, 'Resource', {
      name: this.documentName,
      documentVersion: NEWEST_VERSION,
      associationName: Names.uniqueResourceName(this, { maxLength: 128, allowedSpecialCharacters: '-' }),
      targets: props.targets._ssmTargets(),
      scheduleExpression: associationSchedule(props.schedule ?? Schedule.rate(Duration.minutes(30)), rebootPolicy),
      maxConcurrency: (props.maxConcurrency ?? RateLimit.percentage(10))._value,
      maxErrors: (props.maxErrors ?? defaultMaxErrors)._value,
      complianceSeverity: props.complianceSeverity ?? KdumpComplianceSeverity.HIGH,
    });
    // Younger than the oldest aws-cdk-lib that the library supports. Without it State Manager falls back to a service-linked
    // role, which is being phased out (API reference of CreateAssociation).
    association.addPropertyOverride('AssociationDispatchAssumeRole', this.dispatchRole.roleArn);
    // The first run starts when the association is created.
    association.node.addDependency(...grants);
    this.associationId = association.attrAssociationId;
  }

  /**
   * Takes other targets in, if they find room.
   *
   * @internal
   */
  public _takeIn(others: KdumpTargets): boolean {
    const fits = this.targets._takeIn(others);
    if (fits) {
      // A statement keeps what it has, once.
      const { resources, conditions = {} } = this.targets._iamScope(Stack.of(this), 'ssm:resourceTag');
      this.sendToTargets.addResources(...resources);
      this.sendToTargets.addConditions(conditions);
    }
    return fits;
  }
}
