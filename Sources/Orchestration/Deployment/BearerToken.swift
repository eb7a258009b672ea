import Cryptography

/// The secret that callers of the deployment API present.
///
/// Only its digest is kept, and compared in a time that doesn't depend on what was presented.
public struct BearerToken: Sendable {
  /// Shorter ones are refused: they could be guessed.
  public static let bytesMin = 16
  /// Longer ones are a mistake.
  public static let bytesMax = 512

  private let digest: [UInt8]

  /// Reads the first line of a file.
  ///
  /// - Throws: `FileError` when the file can't be read, or its first line is no token; never shows
  ///   it.
  public init(file: String) throws(FileError) {
    let text = try FileText.read(file)
    let line = text.split(separator: "\n").first.map { $0.filter { !$0.isWhitespace } } ?? ""
    try self.init(line, during: "read \(file)")
  }

  /// Takes a token.
  ///
  /// - Throws: `FileError` when it is too short, too long or not printable ASCII.
  init(_ token: String, during operation: String = "read the token") throws(FileError) {
    guard (Self.bytesMin...Self.bytesMax).contains(token.utf8.count),
      token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      throw FileError(
        "a token must have \(Self.bytesMin) to \(Self.bytesMax) printable ASCII characters,"
          + " such as `openssl rand -hex 32` makes", during: operation)
    }
    do {
      digest = try Digest.sha256.of(token.utf8)
    } catch {
      throw FileError("\(error)", during: operation)
    }
  }

  /// Whether an `Authorization` header presents the token.
  func opens(_ authorization: String?) -> Bool {
    guard let authorization, authorization.utf8.count <= Self.bytesMax + 16 else { return false }
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer",
      let given = try? Digest.sha256.of(parts[1].utf8)
    else { return false }
    var difference: UInt8 = 0
    for (left, right) in zip(digest, given) { difference |= left ^ right }
    return difference == 0
  }
}
