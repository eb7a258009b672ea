internal import JSON

/// Why a density could not be read; the step is added by whoever reads the list.
struct Misread: Error {
  let cause: String

  init(_ cause: String) { self.cause = cause }
}

/// Where the parts of an object are that a density may have; nil for a missing one.
struct DensityParts {
  private(set) var type: Int?
  private(set) var name: Int?
  private(set) var params: Int?
  private(set) var components: Int?
  private(set) var density: Int?
  private(set) var weight: Int?

  init(at index: Int, _ tape: JSONTape, _ words: Vocabulary) throws(Misread) {
    guard tape.kind(at: index) == .object else {
      throw Misread("an object is expected, got \(described(index, tape))")
    }
    for member in Members(of: index, tape) {
      switch member.key {
      case words.type: type = member.value
      case words.name: name = member.value
      case words.params: params = member.value
      case words.components: components = member.value
      case words.density: density = member.value
      case words.weight: weight = member.value
      default: break
      }
    }
  }
}

/// The members of an object, in order; keys that are too long for a word are nil.
struct Members: Sequence, IteratorProtocol {
  private let tape: JSONTape
  private var index: Int
  private let end: Int

  init(of object: Int, _ tape: JSONTape) {
    self.tape = tape
    index = object + 1
    end = tape.end(of: object)
  }

  @inline(__always)
  mutating func next() -> (key: Word?, keyIndex: Int, value: Int)? {
    guard index < end else { return nil }
    let member = (tape.text(at: index).flatMap { Word($0) }, index, index + 1)
    index = tape.end(of: index + 1)
    return member
  }
}

/// A value for people, cut to 40 bytes: `"norm"`, `-1.0`, `list`, `nothing` when it is missing.
func described(_ index: Int?, _ tape: JSONTape) -> String {
  guard let index else { return "nothing" }
  switch tape.kind(at: index) {
  case .string:
    let text = tape.text(at: index) ?? UnsafeRawBufferPointer(start: nil, count: 0)
    let shown = String(decoding: text.prefix(40), as: UTF8.self)
    return text.count > 40 ? "\"\(shown)…\"" : "\"\(shown)\""
  case .number: return "\(tape.number(at: index) ?? 0)"
  case .bool: return tape.number(at: index) == 0 ? "false" : "true"
  case .null: return "null"
  case .array: return "a list"
  case .object: return "an object"
  }
}
