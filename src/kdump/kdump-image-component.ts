import { gzipSync } from 'zlib';
import { Names } from 'aws-cdk-lib';
import { CfnComponent } from 'aws-cdk-lib/aws-imagebuilder';
import { Construct } from 'constructs';
import { KdumpOptions } from './kdump-options';
import { programOf } from './program-of';
import { hashOf, textAsset } from './text-asset';

/**
 * Properties of a KdumpImageComponent.
 */
export interface KdumpImageComponentProps extends KdumpOptions {
}

/**
 * Defines a component of EC2 Image Builder that makes Linux images whose instances can write a crash dump from their first boot on. It
 * is the program of a KdumpAssociation, and in addition to one: give both the same options. Only the association tells whether an
 * instance is armed.
 *
 * The build reboots its instance once and fails unless kdump is armed then. The test launches an instance from the new image and fails
 * unless kdump is armed on it without a reboot.
 *
 * A component cannot be changed: other options, or another version of this library, make a new one with another version number, and the
 * recipe needs a new version, too.
 *
 * @resource AWS::ImageBuilder::Component
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/manage-components.html
 *
 * @example
 * const kdump = new KdumpImageComponent(this, 'Kdump', { crashKernel: CrashKernel.size(Size.mebibytes(512)) });
 *
 * new imagebuilder.CfnImageRecipe(this, 'Recipe', {
 *   name: 'web',
 *   version: '1.0.0',
 *   parentImage: 'ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
 *   components: [{ componentArn: kdump.componentArn }],
 * });
 */
export class KdumpImageComponent extends Construct {
  /**
   * The ARN of the component, for a recipe.
   *
   * @attribute
   */
  public readonly componentArn: string;

  /**
   * @throws if `dump` is not of the form that its description names
   */
  constructor(scope: Construct, id: string, props: KdumpImageComponentProps = {}) {
    super(scope, id);
    // With exit code 194 the instance is rebooted and the step is run again.
    const programs = { build: programOf(props, { rebootPolicy: 'whenRequired' }), test: programOf(props, { rebootPolicy: 'never' }) };
    const phases = Object.entries(programs).map(([name, program]) => phase(name, program));
    // Not of the document: the same program may be compressed otherwise on another machine.
    const hash = hashOf(JSON.stringify(programs));
    const component = new CfnComponent(this, 'Resource', {
      name: Names.uniqueResourceName(this, { maxLength: 128, allowedSpecialCharacters: '-' }),
      // Each part may be as large as 2^30 - 1.
      version: `1.0.${parseInt(hash.slice(0, 8), 16) % 2 ** 30}`,
      platform: 'Linux',
      description: 'Makes the instances of an image able to write a crash dump with kdump',
      // More than the 16,000 characters that the property `data` takes.
      uri: textAsset(this, 'yaml', JSON.stringify({ name: 'Kdump', schemaVersion: '1.0', phases }), hash).s3ObjectUrl,
    });
    this.componentArn = component.attrArn;
  }
}

/** Compressed, so that nothing in it is taken for an expression of the document. JSON is YAML. */
function phase(name: string, program: string) {
  const packed = gzipSync(program, { level: 9 }).toString('base64').replace(/.{1,120}/g, '$&\n');
  const commands = [
    'set -e',
    'program=$(mktemp)',
    'trap \'rm -f "$program"\' EXIT',
    `base64 -d << 'END' | gzip -d > "$program"\n${packed}END`,
    'sh "$program"',
  ];
  return { name, steps: [{ name: 'Kdump', action: 'ExecuteBash', timeoutSeconds: 3600, onFailure: 'Abort', inputs: { commands } }] };
}
