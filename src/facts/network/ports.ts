/**
 * What a port is for. `admin`: whoever gets in has control of a machine or a cluster; `data`: databases, caches, queues, files,
 * directories; `web`: what is meant to be open.
 */
export type PortClass = 'admin' | 'data' | 'web';

export type Transport = 'tcp' | 'udp';

export interface Service {
  /** As rules name it: `ssh`. */
  readonly name: string;
  /** As people call it: `SSH`. */
  readonly label: string;
  readonly kind: PortClass;
  readonly transports: readonly Transport[];
  readonly ports: readonly number[];
}

const tcp: readonly Transport[] = ['tcp'];
const udp: readonly Transport[] = ['udp'];
const both: readonly Transport[] = ['tcp', 'udp'];

type Row = readonly [name: string, label: string, transports: readonly Transport[], ...ports: number[]];

// Registered ports: https://www.iana.org/assignments/service-names-port-numbers
// Others are the defaults of each product's own documentation.
const admin: readonly Row[] = [
  ['ssh', 'SSH', tcp, 22],
  ['telnet', 'Telnet', tcp, 23],
  ['rpc', 'Windows RPC', tcp, 135],
  ['rsh', 'rsh and rlogin', tcp, 512, 513, 514],
  ['ipmi', 'IPMI', udp, 623],
  ['jmx', 'Java RMI and JMX', tcp, 1099],
  ['docker', 'Docker', tcp, 2375, 2376],
  ['docker-swarm', 'Docker Swarm', tcp, 2377],
  ['distcc', 'distcc', tcp, 3632],
  ['rdp', 'Remote Desktop', both, 3389],
  ['nomad', 'Nomad', tcp, 4646],
  ['salt', 'Salt', tcp, 4505, 4506],
  ['java-debug', 'Java debugger', tcp, 5005],
  ['adb', 'Android Debug Bridge', tcp, 5555],
  ['vnc', 'VNC', tcp, 5900, 5901, 5902, 5903],
  ['winrm', 'WinRM', tcp, 5985, 5986],
  ['x11', 'X11', tcp, 6000, 6001],
  ['kubernetes', 'Kubernetes API', tcp, 6443],
  ['vault', 'Vault', tcp, 8200],
  ['ray', 'Ray', tcp, 8265],
  ['consul', 'Consul', tcp, 8500],
  ['jupyter', 'Jupyter', tcp, 8888],
  ['node-debug', 'Node.js debugger', tcp, 9229],
  ['webmin', 'Webmin', tcp, 10_000],
  ['kubelet', 'Kubelet', tcp, 10_250, 10_255],
];

const data: readonly Row[] = [
  ['ftp', 'FTP', tcp, 20, 21],
  ['tftp', 'TFTP', udp, 69],
  ['rpcbind', 'RPC portmapper', both, 111],
  ['netbios', 'NetBIOS', both, 137, 138, 139],
  ['snmp', 'SNMP', udp, 161],
  ['ldap', 'LDAP', both, 389, 636],
  ['smb', 'SMB', tcp, 445],
  ['rsync', 'rsync', tcp, 873],
  ['sql-server', 'SQL Server', tcp, 1433],
  ['sql-server-browser', 'SQL Server Browser', udp, 1434],
  ['oracle', 'Oracle Database', tcp, 1521, 2483, 2484],
  ['mqtt', 'MQTT', tcp, 1883],
  ['nfs', 'NFS', both, 2049],
  ['zookeeper', 'ZooKeeper', tcp, 2181],
  ['etcd', 'etcd', tcp, 2379, 2380],
  ['iscsi', 'iSCSI', tcp, 3260],
  ['mysql', 'MySQL', tcp, 3306],
  ['nats', 'NATS', tcp, 4222],
  ['postgresql', 'PostgreSQL', tcp, 5432],
  ['redshift', 'Redshift', tcp, 5439],
  ['kibana', 'Kibana', tcp, 5601],
  ['rabbitmq', 'RabbitMQ', tcp, 5671, 5672, 15_672],
  ['couchdb', 'CouchDB', tcp, 5984],
  ['redis', 'Redis', tcp, 6379, 6380],
  ['cassandra', 'Cassandra', tcp, 7000, 7001, 9042, 9160],
  ['neo4j', 'Neo4j', tcp, 7474, 7687],
  ['hdfs', 'Hadoop HDFS', tcp, 8020, 9870, 50_070],
  ['influxdb', 'InfluxDB', tcp, 8086],
  ['couchbase', 'Couchbase', tcp, 8091, 11_210],
  ['dax', 'DynamoDB Accelerator', tcp, 8111, 9111],
  ['clickhouse', 'ClickHouse', tcp, 8123],
  ['neptune', 'Neptune', tcp, 8182],
  ['solr', 'Solr', tcp, 8983],
  ['kafka', 'Kafka', tcp, 9092, 9094, 9096, 9098],
  ['elasticsearch', 'Elasticsearch', tcp, 9200, 9300],
  ['memcached', 'Memcached', both, 11_211],
  ['mongodb', 'MongoDB', tcp, 27_017, 27_018, 27_019],
  ['activemq', 'ActiveMQ', tcp, 61_616],
];

const web: readonly Row[] = [
  ['http', 'HTTP', tcp, 80],
  ['https', 'HTTPS', both, 443],
  ['http-alternate', 'HTTP', tcp, 8080],
  ['https-alternate', 'HTTPS', tcp, 8443],
];

const services: readonly Service[] = [...table('admin', admin), ...table('data', data), ...table('web', web)];

function table(kind: PortClass, rows: readonly Row[]): readonly Service[] {
  return rows.map(([name, label, transports, ...ports]) => ({ name, label, kind, transports, ports }));
}

/** The services whose port, or one of whose ports, lies between two, both included. */
export function servicesBetween(transport: Transport, from: number, to: number): readonly Service[] {
  return services.filter(
    (service) =>
      service.transports.includes(transport) && service.ports.some((port) => port >= from && port <= to),
  );
}
