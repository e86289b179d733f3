/**
 * The example on Graviton.
 */
import { App } from 'aws-cdk-lib';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { SingleInstanceStack } from '../examples/single-instance/single-instance-stack';

const stack = new SingleInstanceStack(new App(), 'SingleInstance');
(stack.node.findChild('Web').node.defaultChild as CfnInstance).instanceType = 't4g.small';
