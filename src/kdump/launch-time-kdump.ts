import { FileAssetLocation, Stack } from 'aws-cdk-lib';
import { UserData } from 'aws-cdk-lib/aws-ec2';
import { IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { KdumpOptions } from './kdump-options';
import { programOf } from './program-of';
import { textAsset } from './text-asset';

/**
 * Properties of LaunchTimeKdump.
 */
export interface LaunchTimeKdumpProps extends KdumpOptions {
}

/**
 * Defines user data that makes an instance able to write a crash dump while it boots for the first time, before State Manager reaches it.
 * It is the program of a KdumpAssociation, and in addition to one: give both the same options. Only the association tells whether an
 * instance is armed.
 *
 * The instance fetches the program from the asset bucket with the AWS CLI, which the images of Amazon Linux contain. Where that fails, or the
 * program does, a line on standard error says so, the rest of the user data runs, and the instance is left to State Manager.
 *
 * The reserved memory needs a reboot, which happens once, when the user data has come to its end. Services must be enabled, rather
 * than started only, to be there afterwards. A machine that is to serve without that reboot needs an image that is armed already:
 * see KdumpImageComponent.
 *
 * @example
 * declare const role: iam.Role;
 *
 * const userData = ec2.UserData.forLinux();
 * userData.addCommands('dnf install -y nginx', 'systemctl enable nginx');
 * new LaunchTimeKdump(this, 'LaunchTimeKdump').addTo(userData, role);
 * new ec2.LaunchTemplate(this, 'Template', { machineImage: ec2.MachineImage.latestAmazonLinux2023(), userData, role });
 */
export class LaunchTimeKdump extends Construct {
  private readonly program: FileAssetLocation;

  /**
   * @throws if `dump` is not of the form that its description names
   */
  constructor(scope: Construct, id: string, props: LaunchTimeKdumpProps = {}) {
    super(scope, id);
    this.program = textAsset(this, 'sh', programOf(props, { rebootPolicy: 'whenRequired' }));
  }

  /**
   * Adds the program to user data, and the permission to read it to a role.
   *
   * @param userData a shell script for Linux that takes commands to be run on its exit, such as `UserData.forLinux()`
   * @param reader the role of the instances
   * @throws if the user data is for Windows or takes no commands
   */
  public addTo(userData: UserData, reader: IGrantable): void {
    const { bucketName, objectKey } = this.program;
    const stack = Stack.of(this);
    if (/^\s*<(powershell|script)>/.test(userData.render())) {
      throw new Error('LaunchTimeKdump.addTo: the user data is for Windows; that of Linux is allowed, such as UserData.forLinux().'
        + ' Leave instances without Linux out.');
    }
    userData.addCommands(
      'kdump_status=0 && kdump_program=$(mktemp) || kdump_status=$?',
      `[ "$kdump_status" -ne 0 ] || { aws s3 cp --only-show-errors --region '${stack.region}' 's3://${bucketName}/${objectKey}' "$kdump_program" &&`
        + ' sh "$kdump_program"; } || kdump_status=$?',
      'rm -f "$kdump_program" || true',
      'case $kdump_status in 0 | 194) ;; *) echo "kdump was not armed by the user data ($kdump_status); State Manager goes on with it." >&2 ;; esac',
    );
    userData.addOnExitCommands('[ "${kdump_status:-}" != 194 ] || shutdown -r now');
    reader.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({
      actions: ['s3:GetObject'],
      resources: [stack.formatArn({ service: 's3', region: '', account: '', resource: bucketName, resourceName: objectKey })],
    }));
  }
}
