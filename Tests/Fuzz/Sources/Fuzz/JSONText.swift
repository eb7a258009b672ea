import JSON

/// A model's answer as JSON: the check before storage against the parser and the writer.
///
/// The first byte is the number of densities that are expected.
final class JSONText: FuzzTarget {
  static let name = "json"
  private static let depthMax = 8
  private static let bytesMax = 64 << 10
  /// Kept between inputs, as the storage thread keeps it.
  private let checker = JSONChecker(depthMax: depthMax, bytesMax: bytesMax)

  func run(_ input: UnsafeRawBufferPointer) {
    guard let first = input.first else { return }
    let text = UnsafeRawBufferPointer(rebasing: input.dropFirst())
    let verdict = checker.check(text)
    let value = try? JSONValue.parse(text, depthMax: Self.depthMax)
    promise((value == nil) == (verdict.flaw != nil), "check and parser agree, got \(verdict)")
    if let flaw = verdict.flaw { Self.check(flaw, of: text) }
    if let value, case .valid(let kind) = verdict {
      promise(kind == Self.kind(of: value), "check and parser see the same kind, got \(kind)")
      Self.checkWriting(value)
    }
    checkDensities(text, value, count: Int(first))
    Self.checkNumbers(text, value)
  }

  private static func check(_ flaw: JSONFlaw, of text: UnsafeRawBufferPointer) {
    promise(flaw.code != .checkerFailed, "a refusal has a cause, got \(flaw)")
    promise(flaw.code != .wrongShape, "no shape was asked for")
    promise(!flaw.text.isEmpty && flaw.text.utf8.count < 400, "the cause is told in short")
    promise((0..<max(1, text.count)).contains(flaw.byteOffset ?? 0), "the flaw is in the text")
  }

  private static func checkWriting(_ value: JSONValue) {
    let written = value.text()
    let read = try? JSONValue.parse(text: written, depthMax: depthMax)
    promise(read == value, "what is written reads back equal: \(written)")
  }

  private func checkDensities(_ text: UnsafeRawBufferPointer, _ value: JSONValue?, count: Int) {
    let elements = value?.arrayValue
    let isGood =
      elements?.count == count && elements?.allSatisfy { $0.objectValue != nil } == true
    let verdict = checker.checkDensities(text, stepCount: count)
    promise(isGood == (verdict.flaw == nil), "the shape check agrees with the parser: \(verdict)")
    if value != nil, let flaw = verdict.flaw {
      promise(flaw.code == .wrongShape, "good JSON can only have the wrong shape, got \(flaw)")
    }
  }

  private static func checkNumbers(_ text: UnsafeRawBufferPointer, _ value: JSONValue?) {
    let lists = try? JSONNumbers.parse(text, depthMax: depthMax)
    promise((lists != nil) == (value?.objectValue != nil), "lists are read from every object")
    for (key, numbers) in lists ?? [:] {
      let isThere = value?.objectValue?.contains { member in
        member.key == key && member.value.arrayValue?.map(\.doubleValue) == numbers
      }
      promise(isThere == true, "the list \(key) is the parser's")
    }
  }

  private static func kind(of value: JSONValue) -> JSONKind {
    switch value {
    case .null: .null
    case .bool: .bool
    case .int, .double: .number
    case .string: .string
    case .array: .array
    case .object: .object
    }
  }
}

extension JSONText {
  static func seeds() -> [(name: String, bytes: [UInt8])] {
    let density =
      #"{"step": 0, "type": "builtin", "name": "norm", "params": {"loc": -1e-06, "#
      + #""scale": 0.001}}"#
    let mixture = #"{"type": "mixture", "components": [{"density": \#(density), "weight": 1}]}"#
    let texts: [(String, UInt8, String)] = [
      ("densities", 2, "[\(density), \(density)]"), ("mixture", 1, "[\(mixture)]"),
      ("prices", 0, #"{"timestamp":[1763812800,1763812860],"close":[86000.5,86001]}"#),
      ("nan", 1, "[NaN, -Infinity]"), ("surrogate", 0, #"{"a":"\ud83d\ude00\ud83d","b":null}"#),
      ("numbers", 0, "[0,-1,18446744073709551616,1e400,9223372036854775807,1.5E-3,true]"),
      ("deep", 0, "[[[[[[[[[]]]]]]]]]"), ("text", 0, #""a\u0000\n/ü""#),
    ]
    return texts.map { ($0, [$1] + Array($2.utf8)) }
  }
}
