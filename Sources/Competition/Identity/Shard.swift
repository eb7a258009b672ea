/// One of several workers' parts of a game's models, written `1/3`: the first of three.
///
/// A model belongs to the shard with the highest hash of (shard, model id), so that changing the
/// number of shards moves only the models that must move (rendezvous hashing).
public struct Shard: Hashable, Sendable, CustomStringConvertible {
  /// The number of this part, 1 to `count`.
  public let index: Int
  /// The number of parts.
  public let count: Int

  /// The only part: every model.
  public static let whole = Shard(index: 1, count: 1)

  private init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  /// The largest number of parts; ownership costs one hash a part and model.
  public static let countMax = 1_000

  /// Reads `index/count`; nil unless 1 ≤ index ≤ count ≤ 1000.
  public init?(text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]),
      index >= 1, index <= count, count <= Self.countMax
    else { return nil }
    self.init(index: index, count: count)
  }

  /// `index/count`.
  public var description: String { "\(index)/\(count)" }

  /// Whether the model belongs to this part; exactly one part of each `count` owns it.
  public func owns(_ model: ModelID) -> Bool {
    guard count > 1 else { return true }
    let ownHash = Self.hash(model, index)
    for other in 1...count where other != index {
      let hash = Self.hash(model, other)
      if hash > ownHash || (hash == ownHash && other < index) { return false }
    }
    return true
  }

  /// FNV-1a over the id, then a mixer over the part's number; the same on every machine.
  private static func hash(_ model: ModelID, _ part: Int) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in model.rawValue.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash ^= UInt64(part) &* 0x9e37_79b9_7f4a_7c15
    hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
    return hash ^ (hash >> 31)
  }
}
