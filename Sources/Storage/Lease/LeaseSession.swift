import Competition
import Glibc

/// The statements of a lease, on a session of its own.
struct LeaseSession {
  private let connection: PostgresConnection
  private let key: LeaseKey

  /// The locks of a game: `part` is a lock's lower bits.
  private static let locks = """
    SELECT pid, objid::int8 & \(1 << LeaseKey.partBits - 1) AS part FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::int8 << 32 | objid::int8) >> \(LeaseKey.partBits) =
    """

  init(_ connection: PostgresConnection, _ key: LeaseKey) {
    self.connection = connection
    self.key = key
  }

  /// Lets the server notice within 20 s that this machine is gone, keeps it from ending an idle
  /// session, and names the worker: its part, process and machine.
  func setUp() throws(StorageError) {
    let doing = "set up the lease's session"
    try connection.execute(
      """
      SET tcp_keepalives_idle TO 5; SET tcp_keepalives_interval TO 5; SET tcp_keepalives_count TO 3;
      SET tcp_user_timeout TO 20000; SET idle_session_timeout TO 0
      """, doing: doing)
    try connection.query(
      "SELECT set_config('application_name', $1, false)", [.text(Self.name(key.shard))],
      doing: doing)
  }

  /// Takes the lease unless somebody has it, or another part in another number of parts.
  ///
  /// One message and so one short transaction of the server's: the gate is never held by a worker
  /// that stands still.
  func ask() throws(StorageError) -> Bool {
    let rows = try connection.run(
      """
      SELECT pg_advisory_xact_lock('\(key.gate)'::int8);
      SELECT CASE WHEN EXISTS (
          SELECT FROM (\(Self.locks) \(key.game)) AS locks
          WHERE part > 0 AND part >> 10 <> \(key.shard.count))
        THEN false ELSE pg_try_advisory_lock('\(key.lock)'::int8) END
      """, doing: "ask for the lease")
    return try rows.first?.bool(0) ?? false
  }

  /// Whether the session still holds the lock.
  func isHeld() throws(StorageError) -> Bool {
    let rows = try connection.query(
      """
      SELECT EXISTS (SELECT FROM (\(Self.locks) \(key.game)) AS locks
        WHERE part = \(key.part) AND pid = pg_backend_pid())
      """, doing: "look at the lease")
    return try rows.first?.bool(0) ?? false
  }

  /// Who plays the game, by part.
  func holders() throws(StorageError) -> [LeaseHolder] {
    let rows = try connection.query(
      """
      SELECT part, locks.pid, coalesce(application_name, ''), host(client_addr), backend_start
      FROM (\(Self.locks) \(key.game)) AS locks LEFT JOIN pg_stat_activity AS s ON s.pid = locks.pid
      WHERE part > 0 ORDER BY part
      """, doing: "look who holds the lease")
    var holders: [LeaseHolder] = []
    for row in rows {
      guard let shard = LeaseKey.shard(ofPart: try row.int(0)) else { continue }
      holders.append(
        LeaseHolder(
          shard: shard, processID: try row.int(1), applicationName: try row.text(2),
          clientAddress: try row.optional(3, row.text), since: try row.optional(4, row.time)))
    }
    return holders
  }

  /// The one of `holders` that keeps this part from being taken; nil when all has been freed.
  func obstacle() throws(StorageError) -> LeaseHolder? {
    let holders = try holders()
    return holders.first { $0.shard.count != key.shard.count }
      ?? holders.first { $0.shard == key.shard }
  }

  /// This session as others see it.
  func own() throws(StorageError) -> LeaseHolder? {
    let rows = try connection.query("SELECT pg_backend_pid()", doing: "look at the lease")
    let processID = try rows.first?.int(0)
    return try holders().first { $0.processID == processID }
  }

  /// Ends another session of the same role.
  func end(_ holder: LeaseHolder) throws(StorageError) {
    try connection.query(
      "SELECT pg_terminate_backend($1::int4)", [.int(holder.processID)],
      doing: "end the former session of the lease")
  }

  private static func name(_ shard: Shard) -> String {
    var bytes = [CChar](repeating: 0, count: 256)
    let isNamed = gethostname(&bytes, bytes.count - 1) == 0
    let host = bytes.withUnsafeBufferPointer { buffer in
      String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return "updraft lease \(shard) \(getpid())@\(isNamed ? host : "unknown host")"
  }
}

extension PostgresConnection {
  /// Who plays the parts of a game now, ordered by part.
  public func leaseHolders(crunchID: String) throws(StorageError) -> [LeaseHolder] {
    try LeaseSession(self, LeaseKey(crunchID: crunchID, shard: .whole)).holders()
  }
}
