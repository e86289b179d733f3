import { AwsError } from './aws-error';

export interface DocumentParameter {
  readonly type: string;
  readonly default?: unknown;
  readonly allowedValues?: readonly unknown[];
  readonly allowedPattern?: string;
}

/** A Command document of schema 2.2, as the agent gets it. */
export interface CommandContent {
  readonly schemaVersion: string;
  readonly parameters?: Readonly<Record<string, DocumentParameter>>;
  readonly mainSteps: object[];
}

export interface CommandDocument {
  readonly name: string;
  readonly content: CommandContent;
}

/** What AWS's own document of this name does, in a schema that the runner in the guest carries out. */
export const RUN_SHELL_SCRIPT: CommandDocument = {
  name: 'AWS-RunShellScript',
  content: {
    schemaVersion: '2.2',
    parameters: {
      commands: { type: 'StringList' },
      workingDirectory: { type: 'String', default: '' },
      executionTimeout: { type: 'String', default: '3600', allowedPattern: '^\\d{1,6}$' },
    },
    mainSteps: [{
      action: 'aws:runShellScript',
      name: 'runShellScript',
      inputs: { runCommand: '{{ commands }}', workingDirectory: '{{ workingDirectory }}', timeoutSeconds: '{{ executionTimeout }}' },
    }],
  },
};

/** The parameters of a run: given ones checked against the document, the others by its defaults. The API gives each as a list. */
export function bindParameters(document: CommandDocument, given: Record<string, unknown> = {}): Record<string, unknown> {
  const declared = document.content.parameters ?? {};
  for (const name of Object.keys(given)) {
    if (!declared[name]) throw new AwsError('InvalidParameters', `Parameter ${name} is not defined in document ${document.name}.`);
  }
  return Object.fromEntries(Object.entries(declared).map(([name, parameter]) => {
    const value = given[name] ?? parameter.default;
    if (value === undefined) throw new AwsError('InvalidParameters', `Parameter ${name} of document ${document.name} is required and was not given.`);
    const values = Array.isArray(value) ? value : [value];
    for (const item of values) {
      if (parameter.allowedValues && !parameter.allowedValues.includes(item)) {
        throw new AwsError('InvalidParameters', `Parameter ${name} of document ${document.name} must be one of ${parameter.allowedValues.join(', ')}, got '${item}'.`);
      }
      if (parameter.allowedPattern && !new RegExp(parameter.allowedPattern).test(String(item))) {
        throw new AwsError('InvalidParameters', `Parameter ${name} of document ${document.name} must match ${parameter.allowedPattern}, got '${item}'.`);
      }
    }
    return [name, parameter.type === 'StringList' ? values : values[0]];
  }));
}
