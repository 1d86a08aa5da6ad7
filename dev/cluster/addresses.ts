// The cluster's addresses: one /16 that hosts and data centres rarely use, reached over one pair of virtual
// interfaces. The host's route to it goes with the pair.

/** The host, as pods and the node see it: where PostgreSQL, Redis and Kafka listen. */
export const hostAddress = '10.213.0.1'
export const nodeAddress = '10.213.0.2'
export const linkPrefix = 24

export const clusterRange = '10.213.0.0/16'
export const podRange = '10.213.16.0/20'
export const podGateway = '10.213.16.1'
export const serviceRange = '10.213.128.0/20'
/** The first address of the range is the Service `kubernetes`. */
export const dnsAddress = '10.213.128.10'

export const apiserverUrl = `https://${nodeAddress}:6443`
export const nodeName = 'konstruct'
export const clusterDomain = 'cluster.local'

/** The host's name in the cluster. */
export const hostName = 'host.konstruct.internal'

/** The host's end of the pair. Interface names have 15 characters at most. */
export const hostInterface = 'konstruct0'
export const nodeInterface = 'eth0'
