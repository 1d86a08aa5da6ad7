// `sharePartitions` as an assigner for kafkajs: each member tells the group which partitions it has, and the group's
// leader shares them out. All members of a group must speak it, so its name carries a version.
import { setTimeout as sleep } from 'node:timers/promises'
import { AssignerProtocol } from 'kafkajs'
import type { Broker, Cluster, PartitionAssigner } from 'kafkajs'
import { sharePartitions } from './share-partitions.ts'

const { MemberMetadata, MemberAssignment } = AssignerProtocol

const protocol = { name: 'konstruct-sticky-1', version: 0 }

/** A consumer's place in its group. */
export interface Membership {
  /** The id that Kafka gave. */
  member: string | undefined
  /**
   * Gives up the place of a member that ended without leaving, for which the group would wait until its session is over.
   * kafkajs has no call for it, but hands its cluster to assigners. It is a courtesy: that it fails is no failure.
   */
  leaveAs(group: string, member: string | undefined): Promise<void>
}

/** For 2 s: a coordinator needs some hundred milliseconds. */
const leaveAttempts = 10
const leavePauseMs = 200

interface Coordinator extends Broker {
  leaveGroup(request: { groupId: string; memberId: string }): Promise<void>
}

/** A coordinator that has just come back answers so until it has read its groups. */
const isNotReady = (thrown: unknown): boolean =>
  /COORDINATOR|GROUP_LOAD_IN_PROGRESS/.test((thrown as { readonly type?: string }).type ?? '')

const leaveAs = async (cluster: Cluster, groupId: string, memberId: string | undefined): Promise<void> => {
  if (memberId === undefined) return
  for (let attempt = 1; attempt <= leaveAttempts; attempt += 1) {
    try {
      await cluster.refreshMetadata()
      const coordinator = (await cluster.findGroupCoordinator({ groupId })) as Coordinator
      await coordinator.leaveGroup({ groupId, memberId })
      return
    } catch (thrown) {
      // Anything else means that the group has forgotten the member, or will when its session is over.
      if (!isNotReady(thrown)) return
      await sleep(leavePauseMs)
    }
  }
}

const decodePartitions = (userData: Buffer | undefined): readonly number[] => {
  try {
    const parsed: unknown = JSON.parse(userData?.toString('utf8') ?? '[]')
    return Array.isArray(parsed) ? parsed.filter((each) => Number.isInteger(each)) : []
  } catch {
    return []
  }
}

/** An assigner that asks to keep `had()`; it fills in `membership.leaveAs`, since only assigners get to see the cluster. */
export const createStickyAssigner =
  (had: () => readonly number[], membership: Membership): PartitionAssigner =>
  ({ cluster }) => {
    membership.leaveAs = (group, member) => leaveAs(cluster, group, member)
    return {
      ...protocol,
      protocol: ({ topics }) => ({
        name: protocol.name,
        metadata: MemberMetadata.encode({
          version: protocol.version,
          topics,
          userData: Buffer.from(JSON.stringify(had())),
        }),
      }),
      assign: ({ members, topics }) => {
        const [topic = ''] = topics
        const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
        const claims = members.map(({ memberId, memberMetadata }) => ({
          member: memberId,
          had: decodePartitions(MemberMetadata.decode(memberMetadata)?.userData),
        }))
        const shares = [...sharePartitions(partitions, claims)].map(([memberId, share]) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({
            version: protocol.version,
            assignment: { [topic]: [...share] },
            userData: Buffer.alloc(0),
          }),
        }))
        return Promise.resolve(shares)
      },
    }
  }
