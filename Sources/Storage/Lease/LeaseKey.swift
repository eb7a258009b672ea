import Competition

/// The advisory locks that guard a game's parts, as the numbers that PostgreSQL knows them by.
///
/// A lock's number is 64 bits: the upper 44 of the FNV-1a hash of the competition's id, then 10
/// bits with the number of parts, then 10 with the part's own. So `pg_locks` tells from the numbers
/// alone who plays which part of a game, and in how many parts.
struct LeaseKey: Hashable, Sendable {
  /// The bits below the hash.
  static let partBits = 20
  private static let countBits = 10

  /// The game: what all its locks have above `partBits`, sign included.
  let game: Int64
  /// The part that the lock is for.
  let shard: Shard

  init(crunchID: String, shard: Shard) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in crunchID.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    game = Int64(bitPattern: hash) >> Self.partBits
    self.shard = shard
  }

  /// The lock that a worker holds as long as it plays its part.
  var lock: Int64 { game << Self.partBits | Int64(part) }

  /// The lock for the moment in which a worker looks and takes: one at a time per game.
  var gate: Int64 { game << Self.partBits }

  /// The lower bits of `lock`.
  var part: Int { shard.count << Self.countBits | shard.index }

  /// The part that the lower bits of a lock's number stand for; nil for the gate.
  static func shard(ofPart part: Int) -> Shard? {
    Shard(text: "\(part & (1 << countBits - 1))/\(part >> countBits)")
  }
}
