import { ACCOUNT, PARTITION, REGION, stackId, URL_SUFFIX } from './account';

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, any>;
  readonly DependsOn?: string | string[];
  readonly Condition?: string;
}

export interface TemplateDocument {
  readonly Parameters?: Record<string, { Type: string; Default?: string }>;
  readonly Mappings?: Record<string, Record<string, Record<string, any>>>;
  readonly Conditions?: Record<string, any>;
  readonly Resources: Record<string, TemplateResource>;
  readonly Outputs?: Record<string, { Value: any; Condition?: string }>;
}

/** What the resources of a template are known by, once they exist. */
export interface ResourceValues {
  ref(logicalId: string): string;
  attribute(logicalId: string, name: string): string;
}

const NO_VALUE = Symbol('AWS::NoValue');

/** A CloudFormation template with its intrinsic functions resolved. */
export class Template {
  private readonly pseudo: Record<string, any>;

  constructor(
    readonly document: TemplateDocument,
    stackName: string,
    private readonly parameters: Record<string, string>,
    private readonly values: ResourceValues,
  ) {
    this.pseudo = {
      'AWS::AccountId': ACCOUNT,
      'AWS::Region': REGION,
      'AWS::Partition': PARTITION,
      'AWS::URLSuffix': URL_SUFFIX,
      'AWS::StackName': stackName,
      'AWS::StackId': stackId(stackName),
      'AWS::NotificationARNs': [],
      'AWS::NoValue': NO_VALUE,
    };
  }

  /** Whether a resource or an output is wanted by its condition. */
  wants({ Condition }: { Condition?: string }): boolean {
    return Condition === undefined || this.condition(Condition);
  }

  resolve(value: any): any {
    if (Array.isArray(value)) return value.map(item => this.resolve(item)).filter(item => item !== NO_VALUE);
    if (typeof value !== 'object' || value === null) return value;
    const keys = Object.keys(value);
    if (keys.length === 1 && (keys[0] === 'Ref' || keys[0] === 'Condition' && typeof value.Condition === 'string' || keys[0].startsWith('Fn::'))) {
      return this.call(keys[0], value[keys[0]]);
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.resolve(item)]).filter(([, item]) => item !== NO_VALUE));
  }

  private call(name: string, argument: any): any {
    switch (name) {
      case 'Ref': return this.ref(argument);
      case 'Condition': return this.condition(argument);
      case 'Fn::GetAtt': {
        const [logicalId, ...attribute] = Array.isArray(argument) ? argument : String(argument).split('.');
        return this.values.attribute(logicalId, this.resolve(attribute).join('.'));
      }
      case 'Fn::Join': return this.resolve(argument[1]).join(argument[0]);
      case 'Fn::Split': return String(this.resolve(argument[1])).split(argument[0]);
      case 'Fn::Select': return this.resolve(argument[1])[Number(this.resolve(argument[0]))];
      case 'Fn::Sub': return this.substitute(argument);
      case 'Fn::Base64': return Buffer.from(String(this.resolve(argument))).toString('base64');
      case 'Fn::GetAZs': return ['a', 'b', 'c'].map(zone => `${REGION}${zone}`);
      case 'Fn::FindInMap': {
        const [map, first, second] = this.resolve(argument) as string[];
        const found = this.document.Mappings?.[map]?.[first]?.[second];
        if (found === undefined) throw new Error(`The template's mapping ${map} has no ${first}.${second}.`);
        return found;
      }
      case 'Fn::If': return this.resolve(this.condition(argument[0]) ? argument[1] : argument[2]);
      case 'Fn::Equals': return this.resolve(argument[0]) === this.resolve(argument[1]);
      case 'Fn::And': return argument.every((item: any) => this.resolve(item));
      case 'Fn::Or': return argument.some((item: any) => this.resolve(item));
      case 'Fn::Not': return !this.resolve(argument[0]);
      default: throw new Error(`The template uses ${name}, which the local stand does not resolve. Add it in local/aws/template.ts.`);
    }
  }

  private ref(name: string): any {
    if (name in this.pseudo) return this.pseudo[name];
    const parameter = this.document.Parameters?.[name];
    return parameter ? this.parameter(name, parameter) : this.values.ref(name);
  }

  private parameter(name: string, { Type, Default }: { Type: string; Default?: string }): string {
    if (name in this.parameters) return this.parameters[name];
    // The default of a parameter of this type is the name of a parameter in Systems Manager, which has the value.
    if (Type === 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>') return 'ami-0123456789abcdef0';
    if (Type.startsWith('AWS::SSM::Parameter::Value<')) return `value-of-${Default}`;
    if (Default === undefined) throw new Error(`The template's parameter ${name} has no default; give it a value in the deployment's parameters.`);
    return Default;
  }

  private condition(name: string): boolean {
    if (!this.document.Conditions || !(name in this.document.Conditions)) throw new Error(`The template has no condition ${name}.`);
    return this.resolve(this.document.Conditions[name]);
  }

  private substitute(argument: string | [string, Record<string, any>]): string {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in variables) return this.resolve(variables[name]);
      return name.includes('.') ? this.call('Fn::GetAtt', name) : this.ref(name);
    });
  }
}
