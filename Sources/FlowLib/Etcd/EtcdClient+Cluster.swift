import FlowCore
import FlowRPC
import FlowThreads

/// What a member says about itself.
package struct EtcdMemberStatus: Sendable, Equatable {
  package var endpoint: String
  package var version: String
  package var clusterID: UInt64
  package var memberID: UInt64
  package var leader: UInt64
  package var revision: Int64
  /// Of its file, free pages included: what the quota counts.
  package var bytes: Int
  package var bytesInUse: Int
  /// Nil before 3.6, which does not tell.
  package var quotaBytes: Int?
  package var errors: [String]

  package var isLeader: Bool { leader == memberID && leader != 0 }
}

package struct EtcdMember: Sendable, Equatable {
  package var id: UInt64
  package var name: String
  package var clientURLs: [String]
}

extension EtcdClient {
  /// The status of each endpoint, in their order; an error for one that does not answer.
  package func statuses(timeoutMs: Int64 = 2_000) -> [Result<EtcdMemberStatus, EtcdError>] {
    configuration.endpoints.indices.map { index in
      do throws(EtcdError) {
        return .success(try status(of: index, timeoutMs: timeoutMs))
      } catch {
        return .failure(error)
      }
    }
  }

  /// The status of the first endpoint that answers.
  package func status() throws(EtcdError) -> EtcdMemberStatus {
    var last = EtcdError.unreachable("no endpoint is named")
    for index in configuration.endpoints.indices {
      do throws(EtcdError) { return try status(of: index, timeoutMs: configuration.attemptMs) } catch { last = error }
    }
    throw last
  }

  private func status(of index: Int, timeoutMs: Int64) throws(EtcdError) -> EtcdMemberStatus {
    let reply = try callMember(index, Etcdserverpb.MaintenanceMethods.status, Etcdserverpb.StatusRequest(), timeoutMs: timeoutMs)
    return EtcdMemberStatus(
      endpoint: configuration.endpoints[index], version: reply.version, clusterID: reply.header?.clusterID ?? 0,
      memberID: reply.header?.memberID ?? 0, leader: reply.leader, revision: reply.header?.revision ?? 0, bytes: Int(reply.dbSize),
      bytesInUse: Int(reply.dbSizeInUse), quotaBytes: reply.dbSizeQuota > 0 ? Int(reply.dbSizeQuota) : nil, errors: reply.errors)
  }

  package func members() throws(EtcdError) -> [EtcdMember] {
    try call(Etcdserverpb.ClusterMethods.memberList, Etcdserverpb.MemberListRequest(), .read).members.map {
      EtcdMember(id: $0.id, name: $0.name, clientURLs: $0.clientUrLs)
    }
  }

  /// Gives the free pages of one endpoint's file back. The member answers nobody meanwhile: one after the other.
  package func defragment(endpoint: Int) throws(EtcdError) {
    _ = try callMember(
      endpoint, Etcdserverpb.MaintenanceMethods.defragment, Etcdserverpb.DefragmentRequest(), timeoutMs: 60_000)
  }

  /// Whether an alarm says that space is used up.
  package func hasSpaceAlarm() throws(EtcdError) -> Bool { try !spaceAlarms().isEmpty }

  /// Members whose space is used up.
  private func spaceAlarms() throws(EtcdError) -> [UInt64] {
    let reply = try call(Etcdserverpb.MaintenanceMethods.alarm, Etcdserverpb.AlarmRequest(action: .get), .read)
    return reply.alarms.filter { $0.alarm == .nospace }.map(\.memberID)
  }

  /// Tells the members to take writes again; they raise the alarm again when there is no space. Each alarm is ended by its member's name.
  package func disarmSpaceAlarm() throws(EtcdError) {
    for member in try spaceAlarms() {
      let request = Etcdserverpb.AlarmRequest(action: .deactivate, memberID: member, alarm: .nospace)
      _ = try call(Etcdserverpb.MaintenanceMethods.alarm, request, .read)
    }
  }

  // MARK: leases

  /// - Returns: the lease and the seconds that etcd gives it, which may be more than asked.
  package func grantLease(ttlSeconds: Int64) throws(EtcdError) -> (id: Int64, ttlSeconds: Int64) {
    // A lease that nobody hears of ends by itself, so an unknown outcome may be tried again.
    let reply = try call(Etcdserverpb.LeaseMethods.leaseGrant, Etcdserverpb.LeaseGrantRequest(ttl: ttlSeconds), .read)
    guard reply.error.isEmpty else { throw .refused(Status(.failedPrecondition, reply.error)) }
    return (reply.id, reply.ttl)
  }

  /// Ends a lease and removes its keys; one that is gone is fine.
  package func revokeLease(_ id: Int64, timeoutMs: Int64? = nil) throws(EtcdError) {
    do throws(EtcdError) {
      _ = try call(Etcdserverpb.LeaseMethods.leaseRevoke, Etcdserverpb.LeaseRevokeRequest(id: id), .read, timeoutMs: timeoutMs)
    } catch .leaseGone {
      return
    }
  }

  /// Renews a lease once.
  ///
  /// - Throws: `leaseGone` when it has ended.
  package func keepAlive(_ id: Int64, timeoutMs: Int64) throws(EtcdError) {
    let (endpoint, stream) = try stream(Etcdserverpb.LeaseMethods.leaseKeepAlive)
    defer { stream.cancel() }
    let reply = Promise<Received<Etcdserverpb.LeaseKeepAliveResponse>>()
    stream.receive { reply.keep($0) }
    stream.send(Etcdserverpb.LeaseKeepAliveRequest(id: id))
    switch reply.wait(ms: timeoutMs) {
    case .message(let renewed): if renewed.ttl <= 0 { throw .leaseGone }
    case .end(let status):
      streamFailed(at: endpoint, status)
      if case .final(let error) = Verdict(status) { throw error }
      throw .outcomeUnknown(status.message)
    case nil:
      streamFailed(at: endpoint, Status(.deadlineExceeded, ""))
      throw .outcomeUnknown("no answer in \(timeoutMs) ms")
    }
  }
}
