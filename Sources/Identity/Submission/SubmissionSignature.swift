public import Competition

/// The signature under a submission, `HEX:TIMESTAMP`: shows that who holds the platform's key let
/// this code run for this model.
public struct SubmissionSignature: Hashable, Sendable, CustomStringConvertible {
  /// The ed25519 signature. Shape: [64].
  public let bytes: [UInt8]
  /// When it was made, Unix seconds, exactly as it was signed.
  public let timestamp: String

  /// How far a signature may lie in the future when its age is looked at: clocks differ.
  public static let skewMax: Duration = .seconds(300)
  /// The most digits of a timestamp.
  private static let timestampDigitsMax = 12

  /// Reads `HEX:TIMESTAMP`.
  ///
  /// - Throws: `SubmissionError` (`missing`, `badFormat`).
  public init(_ text: String?) throws(SubmissionError) {
    guard let text, !text.isEmpty else {
      throw SubmissionError(.missing, "the submission carries no signature")
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw SubmissionError(.badFormat, "the signature isn't HEX:TIMESTAMP")
    }
    guard let bytes = Hexadecimal.decode(parts[0], byteCount: WalletPublicKey.signatureByteCount)
    else {
      throw SubmissionError(.badFormat, "the signature's HEX isn't 128 hexadecimal digits")
    }
    let digits = parts[1].utf8
    guard (1...Self.timestampDigitsMax).contains(digits.count),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else {
      throw SubmissionError(.badFormat, "the signature's TIMESTAMP isn't Unix seconds in digits")
    }
    self.bytes = bytes
    timestamp = String(parts[1])
  }

  /// Signs a claim.
  ///
  /// - Throws: `SubmissionError` (`badClaim`) for a claim that can't be signed.
  public init(
    _ claim: SubmissionClaim, at time: UTCTime, by key: WalletKey
  ) throws(SubmissionError) {
    timestamp = String(time.secondsSinceEpoch)
    bytes = key.sign(try claim.signedBytes(timestamp: timestamp))
  }

  /// When it was made.
  public var time: UTCTime { UTCTime(secondsSinceEpoch: Int64(timestamp) ?? 0) }

  /// Checks it.
  ///
  /// - Parameters:
  ///   - claim: what it must be about.
  ///   - key: the key that must have made it.
  ///   - now: the time by the wall clock.
  ///   - ageMax: how old it may be; nil for any age.
  /// - Throws: `SubmissionError`.
  public func check(
    _ claim: SubmissionClaim, signedBy key: WalletPublicKey, at now: UTCTime,
    ageMax: Duration? = nil
  ) throws(SubmissionError) {
    guard key.isValid(bytes, of: try claim.signedBytes(timestamp: timestamp)) else {
      throw SubmissionError(
        .badSignature,
        "the signature isn't key \(key.hex.prefix(16))…'s for cruncher"
          + " \(Excerpt.of(claim.cruncherID)), model \(Excerpt.of(claim.modelID)), submission"
          + " \(Excerpt.of(claim.submissionID)), resource \(Excerpt.of(claim.resource.text))")
    }
    guard let ageMax else { return }
    let age = now.since(time)
    guard age <= ageMax else {
      throw SubmissionError(
        .tooOld, "the signature is from \(time.iso8601)Z, older than \(ageMax.text)")
    }
    guard age >= .zero - Self.skewMax else {
      throw SubmissionError(.fromFuture, "the signature is from the future, \(time.iso8601)Z")
    }
  }

  /// `HEX:TIMESTAMP`.
  public var description: String { "\(Hexadecimal.encode(bytes)):\(timestamp)" }
}
