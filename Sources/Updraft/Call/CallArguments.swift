import Competition
import JSON
import ModelRunner
import ServiceRuntime

/// The arguments of `updraft call`: typed texts, and a JSON file beside them.
enum CallArguments {
  /// Reads typed texts.
  ///
  /// - Throws: `StartFailure` that names the argument, also one with JSON that isn't JSON.
  static func read(_ texts: [String]) throws(StartFailure) -> [CallArgument] {
    let arguments: [CallArgument]
    do {
      arguments = try ArgumentText.parse(all: texts)
    } catch {
      throw failure("\(error)")
    }
    for (text, argument) in zip(texts, arguments) {
      if case .json(let json) = argument.value { try check(json, of: text) }
    }
    return arguments
  }

  /// Reads the texts and the file, and encodes the call.
  ///
  /// - Throws: `StartFailure` that names what is wrong.
  static func encode(
    _ method: String, texts: [String], jsonFile: String?
  ) throws(StartFailure) -> EncodedCall {
    var arguments = try read(texts)
    if let jsonFile { arguments = try join(arguments, with: readFile(jsonFile), jsonFile) }
    do {
      return try EncodedCall(method, arguments)
    } catch {
      throw failure("\(error)")
    }
  }

  /// Models read Python's JSON, which may hold NaN and infinities; everything else must be right.
  private static func check(_ json: String, of text: String) throws(StartFailure) {
    let checker = JSONChecker(depthMax: 1_024, bytesMax: Limits.requestBytesMax)
    var json = json
    let flaw = json.withUTF8 { checker.check(UnsafeRawBufferPointer($0)).flaw }
    guard let flaw, flaw.code != .nonFiniteNumber, !flaw.mayBeAcceptedByPostgreSQL else { return }
    throw failure("argument \"\(text.prefix(60))\": \(flaw.text)")
  }

  /// `{"args": […], "kwargs": {…}}`, either of which may be missing.
  private static func readFile(_ path: String) throws(StartFailure) -> [CallArgument] {
    let root: JSONValue
    do {
      root = try JSONValue.parse(text: try TextFile.read(path: path), depthMax: 1_024)
    } catch let error as ArgumentTextError {
      throw failure("--args-json: \(path) \(error.reason)")
    } catch {
      throw failure("--args-json: \(path): \(error)")
    }
    let shape = "must be an object {\"args\": […], \"kwargs\": {…}}"
    guard let members = root.objectValue else { throw failure("--args-json: \(path) \(shape)") }
    var positional: [CallArgument] = []
    var keywords: [CallArgument] = []
    for member in members {
      switch (member.key, member.value) {
      case ("args", .array(let values)):
        positional += values.map { CallArgument(.json($0.text())) }
      case ("kwargs", .object(let values)):
        keywords += values.map { CallArgument(.json($0.value.text()), keyword: $0.key) }
      default: throw failure("--args-json: \(path): \(member.key) is unknown or wrong; it \(shape)")
      }
    }
    return positional + keywords
  }

  private static func join(
    _ first: [CallArgument], with second: [CallArgument], _ path: String
  ) throws(StartFailure) -> [CallArgument] {
    let all = first + second
    var keywords: Set<String> = []
    for case let keyword? in all.map(\.keyword) where !keywords.insert(keyword).inserted {
      throw failure("--args-json: \(path): the keyword \(keyword) is given twice")
    }
    return all.filter { $0.keyword == nil } + all.filter { $0.keyword != nil }
  }

  private static func failure(_ problem: String) -> StartFailure {
    StartFailure(problem, exitCode: .validationFailure)
  }
}
