/// What a scripted model answers to which of its calls, set-ups and health checks.
///
/// One rule a line, the first one that fits counts; `#` begins a comment:
/// ```text
/// call 1-3 model-failed
/// call 4 slow 2s
/// call 5+ success
/// health * not-serving
/// setup 2 bad-implementation
/// ```
/// The numbers count the model's requests of that kind from 1, over all connections. What no rule
/// names succeeds.
public struct FaultScript: Hashable, Sendable {
  /// The kinds of requests that a model gets.
  public enum Request: String, Hashable, Sendable, CaseIterable {
    /// A call of a method.
    case call
    /// The set-up of a connection.
    case setup
    /// A question to the health service.
    case health
  }

  fileprivate struct Rule: Hashable {
    let request: Request
    let numbers: ClosedRange<Int>
    let answer: ScriptedAnswer
  }

  private let rules: [Rule]

  /// Reads a script.
  ///
  /// - Throws: `FaultScriptError` that names the line.
  public init(_ text: String) throws(FaultScriptError) {
    var rules: [Rule] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }.map(String.init)
      if words.isEmpty { continue }
      guard let rule = Rule(words) else {
        throw FaultScriptError(line: index + 1, text: String(line.prefix(80)))
      }
      rules.append(rule)
    }
    self.rules = rules
  }

  /// The answer to the `number`th request of a kind, from 1; nil when no rule names it.
  public func answer(to request: Request, number: Int) -> ScriptedAnswer? {
    rules.first { $0.request == request && $0.numbers.contains(number) }?.answer
  }
}

/// A line of a fault script that can't be read.
public struct FaultScriptError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line's number, from 1.
  public let line: Int
  /// The line.
  public let text: String

  /// Names the line and the form of a rule.
  public var description: String {
    "line \(line): \"\(text)\" is no rule; write \"call|setup|health N|N-M|N+|* ANSWER [TIME]\", "
      + "the answers are \(ScriptedAnswer.names.joined(separator: ", "))"
  }
}

extension FaultScript.Rule {
  fileprivate init?(_ words: [String]) {
    guard words.count >= 3, let request = FaultScript.Request(rawValue: words[0]),
      let numbers = Self.numbers(words[1]), let answer = ScriptedAnswer(Array(words[2...]))
    else { return nil }
    self = FaultScript.Rule(request: request, numbers: numbers, answer: answer)
  }

  private static func numbers(_ text: String) -> ClosedRange<Int>? {
    if text == "*" { return 1...Int.max }
    if text.hasSuffix("+") { return Int(text.dropLast()).flatMap { $0 > 0 ? $0...Int.max : nil } }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first > 0,
      last >= first
    else { return nil }
    return first...last
  }
}
