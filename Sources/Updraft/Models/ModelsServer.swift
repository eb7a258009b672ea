import ArgumentParser
import Competition
import HTTPClient
import Identity
import JSON
import ServiceRuntime
import Telemetry

/// Where the deployment API is, and what opens it.
struct ModelsServer: ParsableArguments {
  @Option(help: "The address of the orchestrator's deployment API.")
  var url = "http://127.0.0.1:8001"

  @Option(
    help: ArgumentHelp("The file with the API's token.", valueName: "file"), completion: .file())
  var tokenFile: String?

  func validate() throws {
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw ValidationError("--url must begin with http:// or https://")
    }
  }

  func connect() throws -> ModelsConnection {
    var token: BearerToken?
    if let tokenFile {
      do {
        token = try BearerToken(file: tokenFile)
      } catch {
        throw StartFailure("--token-file: \(error)", exitCode: .wrongConfiguration)
      }
    }
    let base = url.hasSuffix("/") ? String(url.dropLast()) : url
    return ModelsConnection(base: base, token: token, fetcher: try HTTPFetcher())
  }

  /// Switches models.
  func ask(_ state: String, of ids: [ModelName], done: String) throws {
    let connection = try connect()
    for id in ids {
      var form = MultipartForm()
      form.add("desired_state", state)
      try connection.send("PATCH", "/models/\(id.text)", form)
      Output.line("\(done) \(id.text)")
    }
  }
}

/// Asks the deployment API.
struct ModelsConnection {
  /// For an upload and its answer.
  private static let uploadTimeout: Duration = .seconds(120)
  /// Longer than anybody follows a log.
  private static let followTimeout: Duration = .seconds(30 * 86_400)

  let base: String
  let token: BearerToken?
  let fetcher: HTTPFetcher

  /// The models.
  func rows() throws -> [ListedModel] {
    let answer = try answer(request("GET", "/models"), HTTPLimits())
    return (answer.arrayValue ?? []).map(ListedModel.init)
  }

  /// Sends a form; gives the answer's JSON, null when there is none.
  @discardableResult
  func send(_ method: String, _ path: String, _ form: MultipartForm? = nil) throws -> JSONValue {
    var request = request(method, path)
    if let form {
      request.body = form.body
      request.headers.append(("Content-Type", form.contentType))
    }
    return try answer(request, HTTPLimits(timeout: Self.uploadTimeout))
  }

  /// Writes a log to standard output until it ends.
  func stream(_ path: String) throws {
    let limits = HTTPLimits(timeout: Self.followTimeout)
    let answer = try fetcher.send(
      request("GET", path), limits: limits, sink: { Output.write($0) })
    try check(answer)
  }

  private func request(_ method: String, _ path: String) -> HTTPRequest {
    var request = HTTPRequest(method, base + path)
    if let token { request.headers.append(("Authorization", token.authorization)) }
    return request
  }

  private func answer(_ request: HTTPRequest, _ limits: HTTPLimits) throws -> JSONValue {
    let answer: HTTPAnswer
    do {
      answer = try fetcher.send(request, limits: limits)
    } catch {
      throw StartFailure(
        "\(error)", remedy: "is the orchestrator running with `api:` in orchestrator.yml? --url",
        exitCode: .unavailable)
    }
    try check(answer)
    return answer.body.isEmpty ? .null : try JSONValue.parse(bytes: answer.body)
  }

  /// The API's own words for what it refuses.
  private func check(_ answer: HTTPAnswer) throws {
    guard !(200..<300).contains(answer.status) else { return }
    let detail = (try? JSONValue.parse(bytes: answer.body))?["detail"]?.stringValue
    let text = detail ?? String(decoding: answer.body.prefix(200), as: UTF8.self)
    throw StartFailure(
      "the orchestrator refuses (\(answer.status)): \(text)", exitCode: .incomplete)
  }
}

/// One model in the list.
struct ListedModel {
  let value: JSONValue

  var id: String { text("id") }

  /// The path of a log, without the address, which may be seen differently from here.
  var runnerLog: String? { Self.path(value["runner_log_uri"]?.stringValue) }
  var builderLog: String? { Self.path(value["builder_log_uri"]?.stringValue) }

  func text(_ key: String) -> String {
    let text = value[key]?.stringValue ?? value[key]?.intValue.map(String.init) ?? ""
    return String(text.map { $0.isNewline ? " " : $0 })
  }

  private static func path(_ url: String?) -> String? {
    guard let url, let place = url.firstRange(of: "/models/logs/") else { return nil }
    return String(url[place.lowerBound...])
  }
}

/// Models as text.
enum ModelText {
  static func show(_ rows: [ListedModel]) {
    guard !rows.isEmpty else {
      return Output.line("no models; deploy one with `updraft models add`")
    }
    let keys = [
      "id", "model_name", "cruncher_name", "desired_state", "status", "starts", "source",
      "statusMessage",
    ]
    var table = TextTable([
      ("id", .left), ("model", .left), ("cruncher", .left), ("wanted", .left), ("status", .left),
      ("starts", .right), ("from", .left), ("why", .left),
    ])
    for row in rows { table.add(keys.map(row.text)) }
    for line in table.lines { Output.line(line) }
  }

  /// Says what the orchestrator found odd, on standard error.
  static func warn(_ answer: JSONValue) {
    for text in answer["warnings"]?.arrayValue ?? [] {
      LogSink.standardError.write("warning: \(OneLine.escaped(text.stringValue ?? ""))\n")
    }
  }
}
