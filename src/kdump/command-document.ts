/**
 * The version of a document that is to be run. The default one is the first for ever where CloudFormation makes a new version and does not
 * make that the default, as it says that it does.
 *
 * @see https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2539
 */
export const NEWEST_VERSION = '$LATEST';

/**
 * A Command document that runs the program on Linux.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
 */
export function commandDocument(program: string) {
  return {
    schemaVersion: '2.2',
    description: 'Makes a Linux instance able to write a crash dump with kdump, and reports whether it is',
    mainSteps: [{
      name: 'kdump',
      action: 'aws:runShellScript',
      precondition: { StringEquals: ['platformType', 'Linux'] },
      inputs: {
        // More than the program's own bounds together (locks, installation, starting the service twice), so that it always
        // comes to report what it waited for.
        timeoutSeconds: '3600',
        runCommand: commandsOf(program),
      },
    }],
  };
}

/**
 * The program as the list that `aws:runShellScript` takes. The agent writes the entries into a file, a line break after each, which is the
 * program again. An entry is a function: a diff of templates still shows what has changed, and CDK has a tenth of the values to resolve, to
 * indent and to validate that an entry for each line would give it.
 *
 * @see https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/plugins/pluginutil/pluginutil.go (CreateScriptFile)
 */
export function commandsOf(program: string): string[] {
  return program.split(/\n(?=\w+\(\) \{$)/m);
}
