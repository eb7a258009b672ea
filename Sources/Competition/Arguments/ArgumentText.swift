/// Reads arguments as operators write them, on the command line and in `instance_args`.
///
/// `BTC` or `s:BTC` is a string, `i:3600` an INT, `d:1.5` a DOUBLE, `j:{"a":1}` JSON and `@file`
/// JSON from a file; `name=` before any of them makes it a keyword argument. A string that would
/// be read as something else is written with `s:`.
public enum ArgumentText {
  /// Reads one argument.
  ///
  /// - Parameters:
  ///   - text: The argument as written.
  ///   - readFile: Gives the text of the file that `@` names.
  /// - Returns: The typed argument.
  /// - Throws: `ArgumentTextError` naming the argument and what is expected.
  public static func parse(
    _ text: String, readFile: (String) throws(ArgumentTextError) -> String = TextFile.read
  ) throws(ArgumentTextError) -> CallArgument {
    guard let equals = text.firstIndex(of: "="), isIdentifier(text[..<equals]) else {
      return CallArgument(try value(text[...], readFile))
    }
    return CallArgument(
      try value(text[text.index(after: equals)...], readFile), keyword: String(text[..<equals]))
  }

  /// Reads the arguments of one call: positional ones first, no keyword twice.
  public static func parse(
    all texts: [String], readFile: (String) throws(ArgumentTextError) -> String = TextFile.read
  ) throws(ArgumentTextError) -> [CallArgument] {
    var arguments: [CallArgument] = []
    var keywords: Set<String> = []
    for text in texts {
      let argument = try parse(text, readFile: readFile)
      if let keyword = argument.keyword {
        guard keywords.insert(keyword).inserted else {
          throw ArgumentTextError(text, "the keyword \(keyword) is given twice")
        }
      } else if !keywords.isEmpty {
        throw ArgumentTextError(text, "positional arguments go before keyword arguments")
      }
      arguments.append(argument)
    }
    return arguments
  }

  private static func value(
    _ text: Substring, _ readFile: (String) throws(ArgumentTextError) -> String
  ) throws(ArgumentTextError) -> ArgumentValue {
    let body = String(text.dropFirst(2))
    switch text.prefix(2) {
    case "s:":
      return .string(body)
    case "i:":
      guard let number = Int64(body) else {
        throw ArgumentTextError(text, "i: takes a whole number of 64 bits, such as i:3600")
      }
      return .int(number)
    case "d:":
      guard let number = Double(body) else {
        throw ArgumentTextError(text, "d: takes a number, such as d:1.5")
      }
      return .double(number)
    case "j:":
      guard body.contains(where: { !$0.isWhitespace }) else {
        throw ArgumentTextError(text, "j: takes JSON, such as j:{\"a\":1}")
      }
      return .json(body)
    default:
      guard text.hasPrefix("@") else { return .string(String(text)) }
      guard text.count > 1 else {
        throw ArgumentTextError(text, "@ takes the path of a JSON file, such as @history.json")
      }
      return .json(try readFile(String(text.dropFirst())))
    }
  }

  /// A name as Python takes it for a parameter, ASCII only.
  private static func isIdentifier(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, isLetter(first) else { return false }
    return text.utf8.allSatisfy { isLetter($0) || ($0 >= 0x30 && $0 <= 0x39) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte == 0x5f || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a)
  }
}

/// An argument that can't be read, and what was expected.
public struct ArgumentTextError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The argument as written.
  public let argument: String
  /// What is wrong with it and what it should be.
  public let reason: String

  /// Creates the error.
  public init(_ argument: some StringProtocol, _ reason: String) {
    self.argument = String(argument)
    self.reason = reason
  }

  /// `argument "i:x": i: takes a whole number …`.
  public var description: String { "argument \"\(argument)\": \(reason)" }
}
