/**
 * The names that calls give to things: which member of `requestParameters` or `responseElements` names what.
 * Types are CloudFormation's: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html
 */
export interface NamingParameter {
  /** The way to the member; lists on it are gone through. */
  readonly path: readonly string[];
  readonly type: string;
  /** Only for actions with this word in their names, where the parameter means different things. */
  readonly only: string | undefined;
}

function names(
  ...rows: readonly (readonly [path: string, type: string, only?: string])[]
): readonly NamingParameter[] {
  return rows.map(([path, type, only]) => ({ path: path.split('.'), type, only }));
}

/** By `eventSource` without `.amazonaws.com`. */
export const namingParameters: ReadonlyMap<string, readonly NamingParameter[]> = new Map([
  ['access-analyzer', names(['analyzerName', 'AWS::AccessAnalyzer::Analyzer'])],
  ['acm', names(['certificateArn', 'AWS::CertificateManager::Certificate'])],
  ['apigateway', names(['restApiId', 'AWS::ApiGateway::RestApi'], ['apiId', 'AWS::ApiGatewayV2::Api'])],
  ['appsync', names(['apiId', 'AWS::AppSync::GraphQLApi'])],
  [
    'bedrock',
    names(['modelId', 'AWS::Bedrock::FoundationModel'], ['guardrailIdentifier', 'AWS::Bedrock::Guardrail']),
  ],
  ['cloudformation', names(['stackName', 'AWS::CloudFormation::Stack'])],
  ['cloudfront', names(['id', 'AWS::CloudFront::Distribution', 'Distribution'])],
  [
    'cloudtrail',
    names(
      ['name', 'AWS::CloudTrail::Trail', 'Trail'],
      ['name', 'AWS::CloudTrail::Trail', 'Logging'],
      ['name', 'AWS::CloudTrail::EventDataStore', 'EventDataStore'],
      ['trailName', 'AWS::CloudTrail::Trail'],
      ['trailNameList', 'AWS::CloudTrail::Trail'],
      ['eventDataStore', 'AWS::CloudTrail::EventDataStore'],
    ),
  ],
  ['cognito-identity', names(['identityPoolId', 'AWS::Cognito::IdentityPool'])],
  [
    'cognito-idp',
    names(['userPoolId', 'AWS::Cognito::UserPool'], ['username', 'AWS::Cognito::UserPoolUser']),
  ],
  [
    'config',
    names(
      ['configRuleName', 'AWS::Config::ConfigRule'],
      ['configurationRecorderName', 'AWS::Config::ConfigurationRecorder'],
      ['configurationRecorder.name', 'AWS::Config::ConfigurationRecorder'],
      ['deliveryChannelName', 'AWS::Config::DeliveryChannel'],
    ),
  ],
  [
    'dynamodb',
    names(
      ['tableName', 'AWS::DynamoDB::Table'],
      ['sourceTableName', 'AWS::DynamoDB::Table'],
      ['targetTableName', 'AWS::DynamoDB::Table'],
      ['tableArn', 'AWS::DynamoDB::Table'],
      ['globalTableName', 'AWS::DynamoDB::GlobalTable'],
    ),
  ],
  [
    'ec2',
    names(
      ['allocationId', 'AWS::EC2::EIP'],
      ['customerGatewayId', 'AWS::EC2::CustomerGateway'],
      ['flowLogId', 'AWS::EC2::FlowLog'],
      ['groupId', 'AWS::EC2::SecurityGroup'],
      ['groupName', 'AWS::EC2::SecurityGroup'],
      ['groupSet.items.groupId', 'AWS::EC2::SecurityGroup'],
      ['imageId', 'AWS::EC2::Image'],
      ['imagesSet.items.imageId', 'AWS::EC2::Image'],
      ['instanceId', 'AWS::EC2::Instance'],
      ['instancesSet.items.imageId', 'AWS::EC2::Image'],
      ['instancesSet.items.instanceId', 'AWS::EC2::Instance'],
      ['internetGatewayId', 'AWS::EC2::InternetGateway'],
      ['keyName', 'AWS::EC2::KeyPair'],
      ['launchTemplateId', 'AWS::EC2::LaunchTemplate'],
      ['launchTemplateName', 'AWS::EC2::LaunchTemplate'],
      ['natGatewayId', 'AWS::EC2::NatGateway'],
      ['networkAclId', 'AWS::EC2::NetworkAcl'],
      ['networkInterfaceId', 'AWS::EC2::NetworkInterface'],
      ['routeTableId', 'AWS::EC2::RouteTable'],
      ['securityGroupSet.items.groupId', 'AWS::EC2::SecurityGroup'],
      ['snapshotId', 'AWS::EC2::Snapshot'],
      ['snapshotSet.items.snapshotId', 'AWS::EC2::Snapshot'],
      ['subnetId', 'AWS::EC2::Subnet'],
      ['subnetSet.items.subnetId', 'AWS::EC2::Subnet'],
      ['trafficMirrorSessionId', 'AWS::EC2::TrafficMirrorSession'],
      ['trafficMirrorTargetId', 'AWS::EC2::TrafficMirrorTarget'],
      ['transitGatewayId', 'AWS::EC2::TransitGateway'],
      ['volumeId', 'AWS::EC2::Volume'],
      ['volumeSet.items.volumeId', 'AWS::EC2::Volume'],
      ['vpcEndpointId', 'AWS::EC2::VPCEndpoint'],
      ['vpcId', 'AWS::EC2::VPC'],
      ['vpcPeeringConnectionId', 'AWS::EC2::VPCPeeringConnection'],
      ['vpcSet.items.vpcId', 'AWS::EC2::VPC'],
      ['vpnConnectionId', 'AWS::EC2::VPNConnection'],
    ),
  ],
  ['ec2-instance-connect', names(['instanceId', 'AWS::EC2::Instance'])],
  ['ecr', names(['repositoryName', 'AWS::ECR::Repository'])],
  ['ecr-public', names(['repositoryName', 'AWS::ECR::PublicRepository'])],
  [
    'ecs',
    names(
      ['cluster', 'AWS::ECS::Cluster'],
      ['clusterName', 'AWS::ECS::Cluster'],
      ['service', 'AWS::ECS::Service'],
      ['serviceName', 'AWS::ECS::Service'],
      ['taskDefinition', 'AWS::ECS::TaskDefinition'],
    ),
  ],
  ['eks', names(['clusterName', 'AWS::EKS::Cluster'], ['name', 'AWS::EKS::Cluster'])],
  [
    'elasticfilesystem',
    names(['fileSystemId', 'AWS::EFS::FileSystem'], ['mountTargetId', 'AWS::EFS::MountTarget']),
  ],
  [
    'elasticloadbalancing',
    names(
      ['listenerArn', 'AWS::ElasticLoadBalancingV2::Listener'],
      ['loadBalancerArn', 'AWS::ElasticLoadBalancingV2::LoadBalancer'],
      ['loadBalancerName', 'AWS::ElasticLoadBalancing::LoadBalancer'],
      ['targetGroupArn', 'AWS::ElasticLoadBalancingV2::TargetGroup'],
    ),
  ],
  ['es', names(['domainName', 'AWS::OpenSearchService::Domain'])],
  ['events', names(['name', 'AWS::Events::Rule', 'Rule'], ['rule', 'AWS::Events::Rule'])],
  ['firehose', names(['deliveryStreamName', 'AWS::KinesisFirehose::DeliveryStream'])],
  [
    'guardduty',
    names(
      ['detectorId', 'AWS::GuardDuty::Detector'],
      ['filterName', 'AWS::GuardDuty::Filter'],
      ['ipSetId', 'AWS::GuardDuty::IPSet'],
      ['threatIntelSetId', 'AWS::GuardDuty::ThreatIntelSet'],
    ),
  ],
  [
    'iam',
    names(
      ['accessKeyId', 'AWS::IAM::AccessKey'],
      ['accessKey.accessKeyId', 'AWS::IAM::AccessKey'],
      ['accessKey.userName', 'AWS::IAM::User'],
      ['groupName', 'AWS::IAM::Group'],
      ['instanceProfileName', 'AWS::IAM::InstanceProfile'],
      ['openIDConnectProviderArn', 'AWS::IAM::OIDCProvider'],
      ['policyArn', 'AWS::IAM::ManagedPolicy'],
      ['roleName', 'AWS::IAM::Role'],
      ['sAMLProviderArn', 'AWS::IAM::SAMLProvider'],
      ['serialNumber', 'AWS::IAM::VirtualMFADevice'],
      ['userName', 'AWS::IAM::User'],
    ),
  ],
  ['kinesis', names(['streamName', 'AWS::Kinesis::Stream'])],
  [
    'kms',
    names(
      ['keyId', 'AWS::KMS::Key'],
      ['targetKeyId', 'AWS::KMS::Key'],
      ['keyMetadata.keyId', 'AWS::KMS::Key'],
      ['aliasName', 'AWS::KMS::Alias'],
    ),
  ],
  ['lambda', names(['functionName', 'AWS::Lambda::Function'], ['layerName', 'AWS::Lambda::LayerVersion'])],
  ['logs', names(['logGroupName', 'AWS::Logs::LogGroup'])],
  ['monitoring', names(['alarmName', 'AWS::CloudWatch::Alarm'], ['alarmNames', 'AWS::CloudWatch::Alarm'])],
  [
    'network-firewall',
    names(
      ['firewallName', 'AWS::NetworkFirewall::Firewall'],
      ['firewallArn', 'AWS::NetworkFirewall::Firewall'],
    ),
  ],
  [
    'organizations',
    names(['policyId', 'AWS::Organizations::Policy'], ['accountId', 'AWS::Organizations::Account']),
  ],
  [
    'rds',
    names(
      ['dBClusterIdentifier', 'AWS::RDS::DBCluster'],
      ['dBClusterSnapshotIdentifier', 'AWS::RDS::DBClusterSnapshot'],
      ['dBInstanceIdentifier', 'AWS::RDS::DBInstance'],
      ['dBParameterGroupName', 'AWS::RDS::DBParameterGroup'],
      ['dBSecurityGroupName', 'AWS::RDS::DBSecurityGroup'],
      ['dBSnapshotIdentifier', 'AWS::RDS::DBSnapshot'],
      ['sourceDBClusterSnapshotIdentifier', 'AWS::RDS::DBClusterSnapshot'],
      ['sourceDBSnapshotIdentifier', 'AWS::RDS::DBSnapshot'],
      ['targetDBSnapshotIdentifier', 'AWS::RDS::DBSnapshot'],
    ),
  ],
  ['redshift', names(['clusterIdentifier', 'AWS::Redshift::Cluster'])],
  [
    'rolesanywhere',
    names(
      ['profile.profileArn', 'AWS::RolesAnywhere::Profile'],
      ['trustAnchor.trustAnchorArn', 'AWS::RolesAnywhere::TrustAnchor'],
    ),
  ],
  [
    'route53',
    names(['hostedZoneId', 'AWS::Route53::HostedZone'], ['id', 'AWS::Route53::HostedZone', 'HostedZone']),
  ],
  ['route53domains', names(['domainName', 'AWS::Route53Domains::Domain'])],
  [
    'route53resolver',
    names(
      ['resolverEndpointId', 'AWS::Route53Resolver::ResolverEndpoint'],
      ['resolverQueryLogConfigId', 'AWS::Route53Resolver::ResolverQueryLoggingConfig'],
    ),
  ],
  [
    'secretsmanager',
    names(
      ['aRN', 'AWS::SecretsManager::Secret'],
      ['arn', 'AWS::SecretsManager::Secret'],
      ['name', 'AWS::SecretsManager::Secret'],
      ['secretId', 'AWS::SecretsManager::Secret'],
      ['secretIdList', 'AWS::SecretsManager::Secret'],
    ),
  ],
  ['ses', names(['emailIdentity', 'AWS::SES::EmailIdentity'])],
  ['sns', names(['topicArn', 'AWS::SNS::Topic'])],
  ['sqs', names(['queueUrl', 'AWS::SQS::Queue'], ['queueName', 'AWS::SQS::Queue'])],
  [
    'ssm',
    names(
      ['documentName', 'AWS::SSM::Document'],
      ['instanceId', 'AWS::EC2::Instance'],
      ['instanceIds', 'AWS::EC2::Instance'],
      ['name', 'AWS::SSM::Document', 'Document'],
      ['name', 'AWS::SSM::Parameter', 'Parameter'],
      ['names', 'AWS::SSM::Parameter', 'Parameter'],
      ['target', 'AWS::EC2::Instance', 'Session'],
    ),
  ],
  ['sso', names(['permissionSetArn', 'AWS::SSO::PermissionSet'], ['instanceArn', 'AWS::SSO::Instance'])],
  ['states', names(['stateMachineArn', 'AWS::StepFunctions::StateMachine'])],
  ['sts', names(['roleArn', 'AWS::IAM::Role'], ['targetPrincipal', 'AWS::Organizations::Account'])],
  [
    'wafv2',
    names(
      ['webACLArn', 'AWS::WAFv2::WebACL'],
      ['name', 'AWS::WAFv2::WebACL', 'WebACL'],
      ['name', 'AWS::WAFv2::IPSet', 'IPSet'],
    ),
  ],
]);
