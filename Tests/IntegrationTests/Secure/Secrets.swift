import Foundation
import Glibc
import Testing

/// The secrets of a game in every form in which they might be written down.
struct Secrets {
  /// One form of one secret.
  struct Needle {
    /// Which secret, for messages.
    let name: String
    let bytes: Data
  }

  private(set) var needles: [Needle] = []

  /// Adds a text that is itself secret.
  mutating func add(_ name: String, _ text: some StringProtocol) {
    needles.append(Needle(name: name, bytes: Data(text.utf8)))
  }

  /// Adds a private key of 2,048 bits: each whole line of its PEM behind the modulus, which is
  /// public, and some of its bytes in hexadecimal.
  mutating func addKey(pemFile path: String) throws {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let body = lines.filter { !$0.hasPrefix("-----") }
    for line in body.dropFirst(7) where line.count == 64 { add("\(path), base64", line) }
    let bytes = try #require(Data(base64Encoded: body.joined()), "\(path)")
    try #require(bytes.count > 1_000, "\(path)")
    addHexadecimal(path, bytes[400..<432])
  }

  /// Adds a wallet: its numbers, and its seed in base64 and hexadecimal.
  mutating func addWallet(file path: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let numbers = text.split { !$0.isNumber }.compactMap { UInt8($0) }
    try #require(numbers.count == 64, "\(path)")
    for separator in [",", ", "] {
      add("\(path), numbers", numbers.prefix(8).map(String.init).joined(separator: separator))
    }
    let seed = Data(numbers.prefix(32))
    add("\(path), base64", seed.base64EncodedString().prefix(42))
    addHexadecimal(path, seed)
  }

  /// Which needles are in a text, each with where that was.
  func found(in bytes: Data, of place: String) -> [String] {
    bytes.withUnsafeBytes { text in
      needles.filter { needle in needle.bytes.withUnsafeBytes { Self.contains($0, in: text) } }
        .map { "\($0.name) is in \(place)" }
    }
  }

  /// Which needles are in the files below a folder, those of the folders `left` left out.
  func found(below folder: String, leaving left: Set<String>) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).flatMap { name -> [String] in
      guard !left.contains(String(name.prefix { $0 != "/" })),
        let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)")
      else { return [] }
      return found(in: bytes, of: name)
    }
  }

  private static func contains(
    _ part: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer
  ) -> Bool {
    guard let first = part.first, let pattern = part.baseAddress, var place = text.baseAddress
    else { return false }
    let end = place + text.count
    while end - place >= part.count {
      guard let hit = memchr(place, Int32(first), end - place - part.count + 1) else { break }
      if memcmp(hit, pattern, part.count) == 0 { return true }
      place = UnsafeRawPointer(hit) + 1
    }
    return false
  }

  private mutating func addHexadecimal(_ name: String, _ bytes: Data) {
    for format in ["%02x", "%02X"] {
      add("\(name), hexadecimal", bytes.map { String(format: format, $0) }.joined())
    }
  }
}
