/**
 * Ways by which somebody who holds a few permissions comes to more than these say. `own-rights`: writes rights for
 * oneself; `take-over`: becomes another user or role; `pass-role`: hands a role to a new piece of computing and
 * speaks through it; `hijack`: speaks through something that runs with a role already.
 */
export type EscalationKind = 'own-rights' | 'take-over' | 'pass-role' | 'hijack';

export interface EscalationPath {
  readonly id: string;
  readonly kind: EscalationKind;
  /** All of these together make the path. Spelled as AWS does. */
  readonly needs: readonly string[];
  /** The service to which a role is passed, where the path has one: `iam:PassedToService` can rule it out. */
  readonly passedTo?: string;
  /** What the holder can do, to go on after "can ". */
  readonly means: string;
  /** True where the path leads to every right of the account if nothing narrows the targets. */
  readonly isAdmin?: boolean;
}

const pass = 'iam:PassRole';
const assume = 'sts:AssumeRole';

/** A role handed to something new. */
function passing(id: string, passedTo: string, needs: readonly string[], what: string): EscalationPath {
  return {
    id,
    kind: 'pass-role',
    needs: [pass, ...needs],
    passedTo,
    means: `act as any role that ${what} may use`,
  };
}

function hijacking(id: string, needs: readonly string[], what: string): EscalationPath {
  return { id, kind: 'hijack', needs, means: `act as the role of ${what}` };
}

function rights(id: string, needs: readonly string[], means: string): EscalationPath {
  return { id, kind: 'own-rights', needs, means, isAdmin: true };
}

function becoming(id: string, needs: readonly string[], means: string, isAdmin: boolean): EscalationPath {
  return { id, kind: 'take-over', needs, means, isAdmin };
}

/**
 * The paths, by service. Ids of the form `service-000` and the permissions that they need are those of
 * https://pathfinding.cloud (Datadog, Apache-2.0, as of 2025-12); ids without a number are not in its list.
 */
export const escalationPaths: readonly EscalationPath[] = [
  passing('apprunner-001', 'tasks.apprunner.amazonaws.com', ['apprunner:CreateService'], 'App Runner'),
  hijacking('apprunner-002', ['apprunner:UpdateService'], 'an App Runner service'),
  passing(
    'bedrock-001',
    'bedrock-agentcore.amazonaws.com',
    [
      'bedrock-agentcore:CreateCodeInterpreter',
      'bedrock-agentcore:StartCodeInterpreterSession',
      'bedrock-agentcore:InvokeCodeInterpreter',
    ],
    'a Bedrock code interpreter',
  ),
  hijacking(
    'bedrock-002',
    ['bedrock-agentcore:StartCodeInterpreterSession', 'bedrock-agentcore:InvokeCodeInterpreter'],
    'a Bedrock code interpreter',
  ),
  passing(
    'cloudformation-001',
    'cloudformation.amazonaws.com',
    ['cloudformation:CreateStack'],
    'CloudFormation',
  ),
  hijacking('cloudformation-002', ['cloudformation:UpdateStack'], 'a CloudFormation stack'),
  passing(
    'cloudformation-003',
    'cloudformation.amazonaws.com',
    ['cloudformation:CreateStackSet', 'cloudformation:CreateStackInstances'],
    'CloudFormation stack sets',
  ),
  passing(
    'cloudformation-004',
    'cloudformation.amazonaws.com',
    ['cloudformation:UpdateStackSet'],
    'CloudFormation stack sets',
  ),
  hijacking(
    'cloudformation-005',
    ['cloudformation:CreateChangeSet', 'cloudformation:ExecuteChangeSet'],
    'a CloudFormation stack',
  ),
  passing(
    'codebuild-001',
    'codebuild.amazonaws.com',
    ['codebuild:CreateProject', 'codebuild:StartBuild'],
    'CodeBuild',
  ),
  hijacking('codebuild-002', ['codebuild:StartBuild'], 'a CodeBuild project'),
  hijacking('codebuild-003', ['codebuild:StartBuildBatch'], 'a CodeBuild project'),
  passing(
    'codebuild-004',
    'codebuild.amazonaws.com',
    ['codebuild:CreateProject', 'codebuild:StartBuildBatch'],
    'CodeBuild',
  ),
  passing(
    'datapipeline-001',
    'datapipeline.amazonaws.com',
    ['datapipeline:CreatePipeline', 'datapipeline:PutPipelineDefinition', 'datapipeline:ActivatePipeline'],
    'Data Pipeline',
  ),
  passing('ec2-001', 'ec2.amazonaws.com', ['ec2:RunInstances'], 'an instance'),
  hijacking(
    'ec2-002',
    ['ec2:ModifyInstanceAttribute', 'ec2:StopInstances', 'ec2:StartInstances'],
    'an instance, by new user data',
  ),
  passing('ec2-003', 'ec2.amazonaws.com', ['ec2:RequestSpotInstances'], 'a spot instance'),
  hijacking(
    'ec2-004',
    ['ec2:CreateLaunchTemplateVersion', 'ec2:ModifyLaunchTemplate'],
    'instances that a launch template makes',
  ),
  passing('ec2-associate-profile', 'ec2.amazonaws.com', ['ec2:AssociateIamInstanceProfile'], 'an instance'),
  hijacking(
    'ec2instanceconnect-003',
    ['ec2-instance-connect:SendSSHPublicKey', 'ec2:DescribeInstances'],
    'an instance, by an SSH key',
  ),
  passing(
    'ecs-001',
    'ecs-tasks.amazonaws.com',
    ['ecs:CreateCluster', 'ecs:RegisterTaskDefinition', 'ecs:CreateService'],
    'an ECS task',
  ),
  passing(
    'ecs-002',
    'ecs-tasks.amazonaws.com',
    ['ecs:CreateCluster', 'ecs:RegisterTaskDefinition', 'ecs:RunTask'],
    'an ECS task',
  ),
  passing(
    'ecs-003',
    'ecs-tasks.amazonaws.com',
    ['ecs:RegisterTaskDefinition', 'ecs:CreateService'],
    'an ECS task',
  ),
  passing('ecs-004', 'ecs-tasks.amazonaws.com', ['ecs:RegisterTaskDefinition', 'ecs:RunTask'], 'an ECS task'),
  passing(
    'ecs-005',
    'ecs-tasks.amazonaws.com',
    ['ecs:RegisterTaskDefinition', 'ecs:StartTask'],
    'an ECS task',
  ),
  passing('glue-001', 'glue.amazonaws.com', ['glue:CreateDevEndpoint'], 'Glue'),
  hijacking('glue-002', ['glue:UpdateDevEndpoint'], 'a Glue development endpoint'),
  passing('glue-003', 'glue.amazonaws.com', ['glue:CreateJob', 'glue:StartJobRun'], 'Glue'),
  passing('glue-004', 'glue.amazonaws.com', ['glue:CreateJob', 'glue:CreateTrigger'], 'Glue'),
  passing('glue-005', 'glue.amazonaws.com', ['glue:UpdateJob', 'glue:StartJobRun'], 'Glue'),
  passing('glue-006', 'glue.amazonaws.com', ['glue:UpdateJob', 'glue:CreateTrigger'], 'Glue'),
  rights('iam-001', ['iam:CreatePolicyVersion'], 'rewrite a policy that is attached to themselves'),
  becoming('iam-002', ['iam:CreateAccessKey'], 'make themselves an access key of another user', true),
  becoming(
    'iam-003',
    ['iam:CreateAccessKey', 'iam:DeleteAccessKey'],
    'swap an access key of another user for one of their own making',
    true,
  ),
  becoming('iam-004', ['iam:CreateLoginProfile'], 'make a console password for another user', true),
  rights('iam-005', ['iam:PutRolePolicy'], 'write any policy into a role'),
  becoming('iam-006', ['iam:UpdateLoginProfile'], 'change the console password of another user', true),
  rights('iam-007', ['iam:PutUserPolicy'], 'write any policy into a user'),
  rights('iam-008', ['iam:AttachUserPolicy'], 'attach any policy to a user'),
  rights('iam-009', ['iam:AttachRolePolicy'], 'attach any policy to a role'),
  rights('iam-010', ['iam:AttachGroupPolicy'], 'attach any policy to a group'),
  rights('iam-011', ['iam:PutGroupPolicy'], 'write any policy into a group'),
  becoming('iam-012', ['iam:UpdateAssumeRolePolicy'], 'let themselves assume another role', true),
  { ...rights('iam-013', ['iam:AddUserToGroup'], 'join a group with more rights'), isAdmin: false },
  becoming('iam-014', ['iam:AttachRolePolicy', assume], 'attach any policy to a role and assume it', true),
  becoming(
    'iam-015',
    ['iam:AttachUserPolicy', 'iam:CreateAccessKey'],
    'attach any policy to a user and make themselves its key',
    true,
  ),
  becoming(
    'iam-016',
    ['iam:CreatePolicyVersion', assume],
    'rewrite a policy of a role and assume the role',
    true,
  ),
  becoming('iam-017', ['iam:PutRolePolicy', assume], 'write any policy into a role and assume it', true),
  becoming(
    'iam-018',
    ['iam:PutUserPolicy', 'iam:CreateAccessKey'],
    'write any policy into a user and make themselves its key',
    true,
  ),
  becoming(
    'iam-019',
    ['iam:AttachRolePolicy', 'iam:UpdateAssumeRolePolicy'],
    'attach any policy to a role and let themselves assume it',
    true,
  ),
  becoming(
    'iam-020',
    ['iam:CreatePolicyVersion', 'iam:UpdateAssumeRolePolicy'],
    'rewrite a policy of a role and let themselves assume the role',
    true,
  ),
  becoming(
    'iam-021',
    ['iam:PutRolePolicy', 'iam:UpdateAssumeRolePolicy'],
    'write any policy into a role and let themselves assume it',
    true,
  ),
  {
    ...rights(
      'iam-default-version',
      ['iam:SetDefaultPolicyVersion'],
      'bring back an older version of a policy',
    ),
    isAdmin: false,
  },
  {
    ...rights(
      'iam-user-boundary',
      ['iam:DeleteUserPermissionsBoundary'],
      'take off the permissions boundary of a user',
    ),
    isAdmin: false,
  },
  {
    ...rights(
      'iam-role-boundary',
      ['iam:DeleteRolePermissionsBoundary'],
      'take off the permissions boundary of a role',
    ),
    isAdmin: false,
  },
  becoming(
    'iam-saml-provider',
    ['iam:UpdateSAMLProvider'],
    'make an identity provider of their own count as the one that roles trust',
    false,
  ),
  passing(
    'lambda-001',
    'lambda.amazonaws.com',
    ['lambda:CreateFunction', 'lambda:InvokeFunction'],
    'a Lambda function',
  ),
  passing(
    'lambda-002',
    'lambda.amazonaws.com',
    ['lambda:CreateFunction', 'lambda:CreateEventSourceMapping'],
    'a Lambda function',
  ),
  hijacking('lambda-003', ['lambda:UpdateFunctionCode'], 'a Lambda function, by new code'),
  hijacking(
    'lambda-004',
    ['lambda:UpdateFunctionCode', 'lambda:InvokeFunction'],
    'a Lambda function, by new code that they invoke',
  ),
  hijacking(
    'lambda-005',
    ['lambda:UpdateFunctionCode', 'lambda:AddPermission'],
    'a Lambda function, by new code that they let themselves invoke',
  ),
  passing(
    'lambda-006',
    'lambda.amazonaws.com',
    ['lambda:CreateFunction', 'lambda:AddPermission'],
    'a Lambda function',
  ),
  becoming(
    'organizations-assume-root',
    ['sts:AssumeRoot'],
    'act as the root user of member accounts, within the task policies of AWS',
    false,
  ),
  passing('sagemaker-001', 'sagemaker.amazonaws.com', ['sagemaker:CreateNotebookInstance'], 'SageMaker'),
  passing('sagemaker-002', 'sagemaker.amazonaws.com', ['sagemaker:CreateTrainingJob'], 'SageMaker'),
  passing('sagemaker-003', 'sagemaker.amazonaws.com', ['sagemaker:CreateProcessingJob'], 'SageMaker'),
  hijacking('sagemaker-004', ['sagemaker:CreatePresignedNotebookInstanceUrl'], 'a SageMaker notebook'),
  hijacking(
    'sagemaker-005',
    [
      'sagemaker:CreateNotebookInstanceLifecycleConfig',
      'sagemaker:StopNotebookInstance',
      'sagemaker:UpdateNotebookInstance',
      'sagemaker:StartNotebookInstance',
    ],
    'a SageMaker notebook, by a script at its start',
  ),
  hijacking('ssm-001', ['ssm:StartSession'], 'an instance, by a shell on it'),
  hijacking('ssm-002', ['ssm:SendCommand'], 'an instance, by a command on it'),
  rights(
    'sso-inline-policy',
    ['sso:PutInlinePolicyToPermissionSet', 'sso:ProvisionPermissionSet'],
    'write any policy into a permission set of Identity Center',
  ),
  rights(
    'sso-managed-policy',
    ['sso:AttachManagedPolicyToPermissionSet', 'sso:ProvisionPermissionSet'],
    'attach any policy to a permission set of Identity Center',
  ),
  {
    ...rights(
      'sso-assignment',
      ['sso:CreateAccountAssignment'],
      'give themselves any permission set in any account',
    ),
    isAdmin: false,
  },
  becoming('sts-001', [assume], 'assume every role that trusts their account', false),
];
