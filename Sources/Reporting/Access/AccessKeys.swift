import Cryptography

/// The keys that open the tiers above `open`; without any, everything is open.
///
/// Only digests are kept, and all of them are compared in a time that doesn't depend on the key
/// presented.
public struct AccessKeys: Sendable {
  /// Shorter keys are refused: they could be guessed.
  public static let keyBytesMin = 16
  /// Longer ones, and more of them, are a mistake.
  public static let keyBytesMax = 512
  /// Keys that may be given.
  public static let countMax = 1_000

  private var digests: [(digest: [UInt8], tier: AccessTier)] = []

  /// No keys: everything is open.
  public init() {}

  /// Reads keys, one a line or separated by commas: `KEY` or `read:KEY` for reading, `admin:KEY`
  /// for everything. What follows a `#` at a line's beginning is a comment.
  ///
  /// - Throws: `AccessKeyError`, which never shows a key.
  public init(text: String) throws(AccessKeyError) {
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      guard line.first != "#" else { continue }
      for part in line.split(separator: ",") {
        let entry = part.filter { !$0.isWhitespace }
        if !entry.isEmpty { try add(entry, line: index + 1) }
      }
    }
    guard !digests.isEmpty else { throw AccessKeyError(line: 1, reason: "there is no key") }
  }

  /// Whether anybody may see everything.
  public var isEmpty: Bool { digests.isEmpty }

  /// What the bearer of `key` may see; nil for a key that is none of these.
  public func tier(of key: String?) -> AccessTier? {
    if isEmpty { return .admin }
    guard let key else { return .open }
    guard key.utf8.count <= Self.keyBytesMax, let digest = try? Digest.sha256.of(key.utf8) else {
      return nil
    }
    var found: AccessTier?
    for known in digests {
      var difference: UInt8 = 0
      for (left, right) in zip(known.digest, digest) { difference |= left ^ right }
      if difference == 0 { found = max(found ?? .open, known.tier) }
    }
    return found
  }

  private mutating func add(_ entry: String, line: Int) throws(AccessKeyError) {
    let parts = entry.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let tier = parts.count == 2 ? AccessTier.allCases.first { $0.name == parts[0] } : .read
    guard let tier, tier != .open else {
      throw AccessKeyError(line: line, reason: "the tier before the colon must be read or admin")
    }
    let key = Array(parts[parts.count - 1].utf8)
    guard (Self.keyBytesMin...Self.keyBytesMax).contains(key.count) else {
      throw AccessKeyError(
        line: line,
        reason: "a key must have \(Self.keyBytesMin) to \(Self.keyBytesMax) bytes")
    }
    guard digests.count < Self.countMax else {
      throw AccessKeyError(line: line, reason: "there are more than \(Self.countMax) keys")
    }
    do {
      digests.append((try Digest.sha256.of(key), tier))
    } catch {
      throw AccessKeyError(line: line, reason: "\(error)")
    }
  }
}

/// Why keys can't be used.
public struct AccessKeyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, from 1.
  public let line: Int
  /// What is wrong with it; never the key.
  public let reason: String

  /// `line 3: a key must have 16 to 512 bytes`.
  public var description: String { "line \(line): \(reason)" }
}
