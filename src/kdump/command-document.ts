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
        runCommand: program.split('\n'),
      },
    }],
  };
}
